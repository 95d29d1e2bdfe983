// SPDX-License-Identifier: Apache-2.0
//
// A server that was written without thought of descriptors: opens five files by number, serves, and starts a program at a
// request. server PROGRAM [extra]: hands one file on deliberately, too.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"syscall"
)

func main() {
	for i := 0; i < 5; i++ {
		if _, err := syscall.Open("/etc/passwd", syscall.O_RDONLY, 0); err != nil {
			panic(err)
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	http.HandleFunc("/", func(answer http.ResponseWriter, request *http.Request) {
		command := exec.Command(os.Args[1], "arrived")
		if len(os.Args) > 2 {
			extra, err := os.Open("/etc/group")
			if err != nil {
				panic(err)
			}
			command.ExtraFiles = []*os.File{extra}
		}
		output, err := command.CombinedOutput()
		fmt.Fprintf(answer, "%s", output)
		if err != nil {
			panic(err)
		}
	})
	go http.Serve(listener, nil)
	answer, err := http.Get("http://" + listener.Addr().String())
	if err != nil {
		panic(err)
	}
	io.Copy(os.Stdout, answer.Body)
}
