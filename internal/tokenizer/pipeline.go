package tokenizer

import (
	"encoding/json"
	"fmt"
	"slices"
)

// hfStep is a normalizer, a pre-tokenizer or a decoder of a tokenizer.json: a type, and the fields of all types
// that are known.
type hfStep struct {
	Type string `json:"type"`

	// Sequence
	Normalizers   []hfStep `json:"normalizers"`
	PreTokenizers []hfStep `json:"pretokenizers"`
	Decoders      []hfStep `json:"decoders"`

	// ByteLevel; add_prefix_space also of Metaspace
	AddPrefixSpace *bool `json:"add_prefix_space"`
	TrimOffsets    bool  `json:"trim_offsets"` // of places in the text: no matter here
	UseRegex       *bool `json:"use_regex"`

	// Digits
	IndividualDigits bool `json:"individual_digits"`

	// Split, and Replace
	Pattern struct {
		Regex  string
		String string
	} `json:"pattern"`
	Behavior string `json:"behavior"`
	Invert   bool   `json:"invert"`
	Content  string `json:"content"` // also of Strip

	// Prepend
	Prepend string `json:"prepend"`

	// Metaspace
	Replacement   string `json:"replacement"`
	StringReplace string `json:"str_rep"`
	PrependScheme string `json:"prepend_scheme"`
	Split         *bool  `json:"split"`

	// Strip
	Start int `json:"start"`
	Stop  int `json:"stop"`
}

// metaspace is how SentencePiece writes a space.
const metaspace = "\u2581"

// steps is what normalizer and pre-tokenizer do to a text.
type steps struct {
	byteLevel bool
	splits    []splitter // of byte-level BPE
	lead      int        // 1 if SentencePiece's space goes before the text
	cut       bool       // a space begins a word, for SentencePiece
}

// parseSteps reads normalizer, pre_tokenizer and decoder.
func parseSteps(file *hfTokenizer) (*steps, error) {
	normalizers, err := parseStep("normalizer", file.Normalizer)
	if err != nil {
		return nil, err
	}
	preTokenizers, err := parseStep("pre_tokenizer", file.PreTokenizer)
	if err != nil {
		return nil, err
	}
	decoders, err := parseStep("decoder", file.Decoder)
	if err != nil {
		return nil, err
	}
	s := new(steps)
	s.byteLevel = slices.ContainsFunc(preTokenizers, func(p hfStep) bool { return p.Type == "ByteLevel" })
	known := []string{"Replace", "ByteFallback", "Fuse", "Strip", "Metaspace"}
	if s.byteLevel {
		err = s.parseByteLevel(normalizers, preTokenizers)
		known = []string{"ByteLevel"}
	} else {
		err = s.parseSentencePiece(normalizers, preTokenizers)
	}
	if err != nil {
		return nil, err
	}
	for _, d := range decoders {
		if !slices.Contains(known, d.Type) {
			return nil, fmt.Errorf("decoder is %s, want one of %v", d.Type, known)
		}
	}
	return s, nil
}

// parseStep reads a step as a list: the parts of a Sequence, or one, or none.
func parseStep(name string, text json.RawMessage) ([]hfStep, error) {
	if len(text) == 0 || string(text) == "null" {
		return nil, nil
	}
	var s hfStep
	if err := json.Unmarshal(text, &s); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var list []hfStep
	for _, s := range s.flat() {
		if !slices.Contains(stepTypes[name], s.Type) {
			return nil, fmt.Errorf("%s is %s, want one of %v", name, s.Type, stepTypes[name])
		}
		list = append(list, s)
	}
	if err := strictly(text, &s); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return list, nil
}

// stepTypes are the types of steps that are known.
var stepTypes = map[string][]string{
	"normalizer":    {"NFC", "Prepend", "Replace"},
	"pre_tokenizer": {"ByteLevel", "Digits", "Split", "Metaspace"},
	"decoder":       {"ByteLevel", "Replace", "ByteFallback", "Fuse", "Strip", "Metaspace"},
}

// flat is the steps that s stands for.
func (s hfStep) flat() []hfStep {
	if s.Type != "Sequence" {
		return []hfStep{s}
	}
	var list []hfStep
	for _, parts := range [][]hfStep{s.Normalizers, s.PreTokenizers, s.Decoders} {
		for _, p := range parts {
			list = append(list, p.flat()...)
		}
	}
	return list
}

// parseByteLevel reads the steps of byte-level BPE. NFC is not applied: it loses bytes.
func (s *steps) parseByteLevel(normalizers, preTokenizers []hfStep) error {
	for _, n := range normalizers {
		if n.Type != "NFC" {
			return fmt.Errorf("normalizer is %s, want NFC or none with ByteLevel", n.Type)
		}
	}
	for i, p := range preTokenizers {
		switch p.Type {
		case "Digits":
			if !p.IndividualDigits {
				return fmt.Errorf("pre_tokenizer Digits has individual_digits false, want true")
			}
			s.splits = append(s.splits, digitsWord)
		case "Split":
			split, ok := patterns[p.Pattern.Regex]
			if !ok {
				return fmt.Errorf("pre_tokenizer Split has an unknown pattern: regular expression %q, string %q", p.Pattern.Regex, p.Pattern.String)
			}
			if !(p.Behavior == "Isolated" && !p.Invert || p.Behavior == "Removed" && p.Invert) { // the same, as no text is between matches
				return fmt.Errorf("pre_tokenizer Split has behavior %q and invert %t, want Isolated and false", p.Behavior, p.Invert)
			}
			s.splits = append(s.splits, split)
		case "ByteLevel":
			if i != len(preTokenizers)-1 {
				return fmt.Errorf("pre_tokenizer ByteLevel is followed by %s, want nothing", preTokenizers[i+1].Type)
			}
			if p.AddPrefixSpace == nil || *p.AddPrefixSpace {
				return fmt.Errorf("pre_tokenizer ByteLevel has add_prefix_space true, want false")
			}
			if p.UseRegex == nil || *p.UseRegex {
				s.splits = append(s.splits, GPT2Word)
			}
		default:
			return fmt.Errorf("pre_tokenizer is %s and ByteLevel, want one of them", p.Type)
		}
	}
	return nil
}

// parseSentencePiece reads the steps of SentencePiece's BPE: a space goes before the text, and all are written
// as U+2581, by two normalizers or by the pre-tokenizer Metaspace.
func (s *steps) parseSentencePiece(normalizers, preTokenizers []hfStep) error {
	replaced := false
	for _, n := range normalizers {
		switch {
		case n.Type == "Prepend" && n.Prepend == metaspace && s.lead == 0 && !replaced:
			s.lead = 1
		case n.Type == "Replace" && n.Pattern.String == " " && n.Content == metaspace && !replaced:
			replaced = true
		default:
			return fmt.Errorf("normalizer is %s of %q to %q, want Prepend of U+2581 and Replace of a space by it, or a pre_tokenizer ByteLevel",
				n.Type, n.Pattern.String+n.Pattern.Regex, n.Prepend+n.Content)
		}
	}
	switch {
	case replaced && len(preTokenizers) == 0:
		return nil
	case replaced || len(normalizers) > 0 || len(preTokenizers) != 1 || preTokenizers[0].Type != "Metaspace":
		return fmt.Errorf("pre_tokenizer is %v, want ByteLevel, or Metaspace without normalizers, or the normalizers Prepend and Replace", types(preTokenizers))
	}
	p := preTokenizers[0]
	if p.Replacement != metaspace {
		return fmt.Errorf("pre_tokenizer Metaspace has replacement %q, want U+2581", p.Replacement)
	}
	switch p.PrependScheme {
	case "first", "always":
		s.lead = 1
	case "never":
	case "": // old files
		if p.AddPrefixSpace == nil || *p.AddPrefixSpace {
			s.lead = 1
		}
	default:
		return fmt.Errorf("pre_tokenizer Metaspace has prepend_scheme %q, want first, always or never", p.PrependScheme)
	}
	s.cut = p.Split == nil || *p.Split
	return nil
}

// types are the types of steps, for errors.
func types(list []hfStep) []string {
	var names []string
	for _, s := range list {
		names = append(names, s.Type)
	}
	return names
}
