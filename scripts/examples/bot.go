// Answers every message with its own text: a short bot in Go, with the standard library alone.
// The gateway remembers what was marked as seen, so nothing is missed while the bot is away.
//
//	EDGE_URL=http://127.0.0.1:7200 go run bot.go
package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"time"
)

func rpc(result any, method string, params ...any) error {
	body, _ := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
	answer, err := http.Post(os.Getenv("EDGE_URL")+"/rpc", "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
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
