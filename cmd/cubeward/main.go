// Command cubeward says who may read and who may write which cells of a planning model, and masks data accordingly.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// grace is how long a command that was told to stop may take to say so itself, before the process ends without it.
const grace = 200 * time.Millisecond

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	files := &fileSet{}
	stop := make(chan os.Signal, 2)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	// A write to a closed pipe must come back as an error, so that unfinished files are removed. Who sees from outside that
	// it does knows that signals are listened to.
	signal.Ignore(syscall.SIGPIPE)
	go func() {
		<-stop
		cancel()
		select {
		case <-stop:
		case <-time.After(grace):
		}
		files.discardAll()
		fmt.Fprintln(os.Stderr, "cubeward: interrupted")
		os.Exit(statusFailed)
	}()
	t := &tool{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, files: files}
	os.Exit(t.run(ctx, os.Args[1:]))
}
