// run URL KEY PROJECT COMMAND: starts the command and prints its output (go-sse).
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"os"

	"github.com/tmaxmax/go-sse"
)

type keyed struct{ key string }

func (k keyed) RoundTrip(request *http.Request) (*http.Response, error) {
	request.Header.Set("X-API-Key", k.key)
	return http.DefaultTransport.RoundTrip(request)
}

func main() {
	base, command := os.Args[1]+"/projects/"+os.Args[3], os.Args[4]
	client := http.Client{Transport: keyed{os.Args[2]}}

	body, _ := json.Marshal(map[string]string{"command": command})
	answer, err := client.Post(base+"/shell", "application/json", bytes.NewReader(body))
	if err != nil {
		log.Fatal(err)
	}
	defer answer.Body.Close()
	var run struct {
		Data  struct{ ID string }
		Error string
	}
	if err := json.NewDecoder(answer.Body).Decode(&run); err != nil || run.Error != "" {
		log.Fatal(answer.Status, err, run.Error)
	}

	request, _ := http.NewRequest(http.MethodGet, base+"/events?stream_id="+url.QueryEscape(run.Data.ID), nil)
	reader := sse.Client{HTTPClient: &client}
	connection := reader.NewConnection(request)
	exitCode, complete := 125, false
	connection.SubscribeEvent("output", func(event sse.Event) {
		var output struct{ Line, Stream string }
		if json.Unmarshal([]byte(event.Data), &output) != nil {
			return
		}
		to := os.Stdout
		if output.Stream == "stderr" {
			to = os.Stderr
		}
		fmt.Fprintln(to, output.Line)
	})
	connection.SubscribeEvent("complete", func(event sse.Event) {
		var end struct {
			ExitCode int `json:"exit_code"`
		}
		complete = json.Unmarshal([]byte(event.Data), &end) == nil
		exitCode = end.ExitCode
	})
	// It comes back by itself until it is answered 204, which it takes for an error that stays.
	if err := connection.Connect(); !complete {
		log.Fatal(err)
	}
	os.Exit(exitCode)
}
