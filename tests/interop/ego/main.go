// The client of EGo's azure_attestation sample, step by step, on EGo's own attestation package, used
// as it is published. Only the addresses come from outside: -a the server, -v the verifier. The
// verifier's CA is taken from SSL_CERT_FILE, as for any Go program.
package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"

	"github.com/edgelesssys/ego/attestation"
)

func get(config *tls.Config, url string) ([]byte, error) {
	client := http.Client{Transport: &http.Transport{TLSClientConfig: config}}
	resp, err := client.Get(url)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, errors.New(resp.Status)
	}
	return body, nil
}

func check(report attestation.Report, signer []byte) error {
	if !bytes.Equal(report.SignerID, signer) {
		return errors.New("token does not contain the right signer id")
	}
	if binary.LittleEndian.Uint16(report.ProductID) != 1234 {
		return errors.New("token contains invalid product id")
	}
	if report.SecurityVersion < 2 {
		return errors.New("token contains invalid security version number")
	}
	if report.Debug {
		return errors.New("token is of a debug enclave")
	}
	return nil
}

func run() error {
	signerHex := flag.String("s", "", "signer ID")
	server := flag.String("a", "localhost:8080", "server address")
	verifier := flag.String("v", "", "verifier URL")
	flag.Parse()
	signer, err := hex.DecodeString(*signerHex)
	if err != nil {
		return err
	}

	token, err := get(&tls.Config{InsecureSkipVerify: true}, "https://"+*server+"/token")
	if err != nil {
		return err
	}
	fmt.Println("loaded token")

	report, err := attestation.VerifyAzureAttestationToken(string(token), *verifier)
	if err != nil {
		return err
	}
	fmt.Println("verified token")

	if err := check(report, signer); err != nil {
		return err
	}
	fmt.Println("verified identity")

	certificate, err := x509.ParseCertificate(report.Data)
	if err != nil {
		return err
	}
	pool := x509.NewCertPool()
	pool.AddCert(certificate)
	config := &tls.Config{RootCAs: pool, ServerName: "localhost"}
	if _, err := get(config, "https://"+*server+"/secret?s="+url.QueryEscape("thisIsTheSecret")); err != nil {
		return err
	}
	fmt.Println("sent secret")
	return nil
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
