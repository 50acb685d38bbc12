package lmz_test

import (
	"bytes"
	"fmt"
	"io"
	"log"

	"lmz"
)

func Example() {
	var file bytes.Buffer
	w, err := lmz.NewWriter(&file, lmz.Options{})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := io.WriteString(w, "To be, or not to be, that is the question."); err != nil {
		log.Fatal(err)
	}
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}

	r, err := lmz.NewReader(&file, lmz.Options{})
	if err != nil {
		log.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", text)
	// Output: To be, or not to be, that is the question.
}
