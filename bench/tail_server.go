// The server that bench/commands measures beside: what `tail -f FILE` prints, to everybody who asks.
//
//	go run bench/tail_server.go ADDRESS FILE
package main

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"sync"
)

func main() {
	var mutex sync.Mutex
	watchers := map[chan string]bool{}
	tail := exec.Command("tail", "-n", "+1", "-f", os.Args[2])
	output, _ := tail.StdoutPipe()
	if err := tail.Start(); err != nil {
		panic(err)
	}
	go func() {
		for lines := bufio.NewScanner(output); lines.Scan(); {
			mutex.Lock()
			for watcher := range watchers {
				watcher <- lines.Text()
			}
			mutex.Unlock()
		}
	}()
	http.HandleFunc("/events", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.(http.Flusher).Flush()
		lines := make(chan string, 1024)
		mutex.Lock()
		watchers[lines] = true
		mutex.Unlock()
		for line := range lines {
			fmt.Fprintf(w, "event: output\ndata: %s\n\n", line)
			if len(lines) == 0 {
				w.(http.Flusher).Flush()
			}
		}
	})
	fmt.Println(http.ListenAndServe(os.Args[1], nil))
}
