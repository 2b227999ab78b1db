// Answers every message with its own text: a short bot in Go, with the standard library alone.
// The gateway remembers what was marked as seen, so nothing is missed while the bot is away.
//
//	PRIVITTY_URL=http://127.0.0.1:7200 go run bot.go
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

func rpc(result any, method string, params ...any) error {
	body, _ := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
	base := os.Getenv("PRIVITTY_URL")
	if base == "" {
		base = "http://127.0.0.1:7200"
	}
	request, err := http.NewRequest("POST", base+"/rpc", bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	if key := os.Getenv("PRIVITTY_API_KEY"); key != "" { // where the gateway asks for keys
		request.Header.Set("X-API-Key", key)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if code := answer.StatusCode; code >= 400 && code < 500 && code != 408 && code != 429 {
		why, _ := io.ReadAll(io.LimitReader(answer.Body, 4096))
		fmt.Fprintf(os.Stderr, "refused with %s: %s\n", answer.Status, why) // it would be refused again
		os.Exit(1)
	}
	return json.NewDecoder(answer.Body).Decode(&struct{ Result any }{result})
}

func main() {
	for ; ; time.Sleep(100 * time.Millisecond) {
		var numbers []int
		rpc(&numbers, "wait_next_msgs", 1) // none when the gateway is away
		for _, number := range numbers {
			var message struct {
				FromID, ChatID int
				Text           string
				IsInfo         bool
			}
			err := rpc(&message, "get_message", 1, number)
			if err == nil && message.FromID > 9 && !message.IsInfo { // of a contact, not of ourselves
				err = rpc(nil, "send_msg", 1, message.ChatID, map[string]string{"text": "You said: " + message.Text})
			}
			if err == nil {
				rpc(nil, "markseen_msgs", 1, []int{number})
			}
		}
	}
}
