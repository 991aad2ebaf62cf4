module quoth.invalid/interop/ego

go 1.21

require github.com/edgelesssys/ego v1.8.1

require (
	github.com/go-jose/go-jose/v4 v4.0.5 // indirect
	golang.org/x/crypto v0.33.0 // indirect
)
