// What runs in an Intel TDX guest and asks Linux for evidence: Google's clients of configfs-tsm and
// of TDX quotes, as they are published. tsm get DATA writes the quote to standard output; tsm
// verify QUOTE DATA ROOT URL judges it with collateral of the vendor's service at URL; tsm many N
// has N goroutines get quotes at once.
package main

import (
	"bytes"
	"crypto/sha512"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-configfs-tsm/configfs/linuxtsm"
	"github.com/google/go-configfs-tsm/report"
	"github.com/google/go-tdx-guest/abi"
	"github.com/google/go-tdx-guest/client"
	pb "github.com/google/go-tdx-guest/proto/tdx"
	"github.com/google/go-tdx-guest/verify"
	"github.com/google/go-tdx-guest/verify/trust"
)

func get(data string) ([]byte, error) {
	reportData := sha512.Sum512([]byte(data))
	provider, err := client.GetQuoteProvider()
	if err != nil {
		return nil, err
	}
	if err := provider.IsSupported(); err != nil {
		return nil, err
	}
	quote, err := client.GetQuote(provider, reportData)
	if err != nil {
		return nil, err
	}
	v4, ok := quote.(*pb.QuoteV4)
	if !ok {
		return nil, fmt.Errorf("found a %T", quote)
	}
	if !bytes.Equal(v4.TdQuoteBody.ReportData, reportData[:]) {
		return nil, errors.New("the quote is over other report data")
	}
	return abi.QuoteToAbiBytes(v4)
}

// One item, asked twice, and the errors of the kernel.
func items() error {
	tsm, err := linuxtsm.MakeClient()
	if err != nil {
		return err
	}
	open, err := report.Create(tsm, &report.Request{InBlob: make([]byte, 64)})
	if err != nil {
		return err
	}
	first, err := open.Get()
	if err != nil {
		return err
	}
	second, err := open.Get()
	if err != nil {
		return err
	}
	if first.Provider != "tdx_guest\n" || bytes.Equal(first.OutBlob, second.OutBlob) {
		return fmt.Errorf("provider %q, or a quote of before", first.Provider)
	}
	if _, err := open.ReadOption("auxblob"); err == nil {
		return errors.New("there is an auxblob")
	}
	if err := open.Destroy(); err != nil {
		return err
	}
	if _, err := linuxtsm.GetReport(&report.Request{InBlob: make([]byte, 63)}); err == nil {
		return errors.New("63 bytes are report data")
	}
	left, err := tsm.ReadDir("/sys/kernel/config/tsm/report")
	if err == nil && len(left) > 0 {
		err = fmt.Errorf("%d items are left", len(left))
	}
	return err
}

func many(count int) error {
	results := make(chan error)
	for i := 0; i < count; i++ {
		go func(i int) {
			_, err := get(strconv.Itoa(i))
			results <- err
		}(i)
	}
	var first error
	for i := 0; i < count; i++ {
		if err := <-results; err != nil && first == nil {
			first = err
		}
	}
	return first
}

// Intel's addresses, answered by another service.
type vendor struct{ url string }

func (v vendor) Get(url string) (map[string][]string, []byte, error) {
	url = strings.Replace(url, "https://api.trustedservices.intel.com", v.url, 1)
	if strings.HasSuffix(url, "/root-ca.crl") { // where the root says that its list lies
		url = v.url + "/root-ca.crl"
	}
	return (&trust.SimpleHTTPSGetter{}).Get(url)
}

func judge(quoteFile, data, root, url string) error {
	raw, err := os.ReadFile(quoteFile)
	if err != nil {
		return err
	}
	pem, err := os.ReadFile(root)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return errors.New("no root")
	}
	options := verify.DefaultOptions()
	options.Now = time.Now()
	options.TrustedRoots = roots
	options.GetCollateral = true
	options.CheckRevocations = true
	options.Getter = vendor{url}
	if err := verify.RawTdxQuote(raw, options); err != nil {
		return err
	}
	expected := sha512.Sum512([]byte(data))
	quote, err := abi.QuoteToProto(raw)
	if err == nil && !bytes.Equal(quote.(*pb.QuoteV4).TdQuoteBody.ReportData, expected[:]) {
		err = errors.New("other report data")
	}
	return err
}

func run(args []string) error {
	switch {
	case len(args) == 2 && args[0] == "get":
		quote, err := get(args[1])
		if err == nil {
			_, err = os.Stdout.Write(quote)
		}
		return err
	case len(args) == 1 && args[0] == "items":
		return items()
	case len(args) == 2 && args[0] == "many":
		count, err := strconv.Atoi(args[1])
		if err != nil {
			return err
		}
		return many(count)
	case len(args) == 5 && args[0] == "verify":
		return judge(args[1], args[2], args[3], args[4])
	}
	return errors.New("usage: tsm get DATA | items | many N | verify QUOTE DATA ROOT URL")
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
