//go:build !js

// Package bridge connects a program of the booth to the worker that it runs in. It is empty on systems other than GOOS=js.
package bridge
