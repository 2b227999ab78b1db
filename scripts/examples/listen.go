// Prints every event on a line of its own and reconnects where it was cut off. The standard library alone.
//
//	PRIVITTY_URL=http://127.0.0.1:7200 go run listen.go 'channel=orders'
package main

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

// Reads one stream to its end; says where the next one resumes.
func read(url, last string) (string, error) {
	request, err := http.NewRequest("GET", url, nil)
	if err != nil {
		return last, err
	}
	if key := os.Getenv("PRIVITTY_API_KEY"); key != "" { // where the gateway asks for keys
		request.Header.Set("X-API-Key", key)
	}
	if last != "" {
		request.Header.Set("Last-Event-ID", last)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return last, err
	}
	defer response.Body.Close()
	if code := response.StatusCode; code >= 400 && code < 500 && code != 408 && code != 429 {
		why, _ := io.ReadAll(io.LimitReader(response.Body, 4096))
		fmt.Fprintf(os.Stderr, "refused with %s: %s\n", response.Status, why) // it would be refused again
		os.Exit(1)
	}
	if response.StatusCode != http.StatusOK {
		return last, fmt.Errorf("%s", response.Status)
	}
	lines := bufio.NewReader(response.Body) // an event may be longer than a Scanner takes
	kind, id := "message", last
	var data []string
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return last, err
		}
		name, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case name == "id":
			id = value
		case name == "event":
			kind = value
		case name == "data":
			data = append(data, value)
		case name == "": // an event is complete; or a comment: it stands in no event, so an id before it is a position
			if data != nil && kind == "message" {
				fmt.Println(strings.Join(data, "\n"))
			} else if data != nil {
				fmt.Printf("%s: %s\n", kind, strings.Join(data, "\n"))
			}
			kind, data, last = "message", nil, id
		}
	}
}

func main() {
	base := os.Getenv("PRIVITTY_URL")
	if base == "" {
		base = "http://127.0.0.1:7200"
	}
	url := base + "/events?" + strings.Join(os.Args[1:], "&")
	for last := ""; ; time.Sleep(time.Second) {
		var err error
		last, err = read(url, last)
		fmt.Fprintln(os.Stderr, "reconnecting:", err)
	}
}
