// azkeys and azsecrets, unmodified, against our vault: keyvault GROUP...
package main

import (
	"fmt"
	"os"
)

type check struct {
	name string
	run  func()
}

var groups = map[string][]check{
	"keys": keyChecks, "operations": operationChecks, "values": valueChecks, "roles": roleChecks, "release": releaseChecks,
}

// attempt runs a check, which panics where something does not hold.
func attempt(run func()) (problem any) {
	defer func() { problem = recover() }()
	run()
	return nil
}

func main() {
	passed, failed := 0, 0
	for _, group := range os.Args[1:] {
		for _, c := range groups[group] {
			if problem := attempt(c.run); problem != nil {
				fmt.Printf("FAILED keyvault go: %s: %s: %v\n", group, c.name, problem)
				failed++
			} else {
				fmt.Printf("ok keyvault go: %s: %s\n", group, c.name)
				passed++
			}
		}
	}
	fmt.Printf("%d passed, %d failed, 0 skipped\n", passed, failed)
	if failed > 0 {
		os.Exit(1)
	}
}
