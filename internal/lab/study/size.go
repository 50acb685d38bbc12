package study

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Size is a number of bytes, written as 4GB, 512MiB, 1.5G or 1000000.
type Size int64

var units = []struct {
	name  string
	bytes float64
}{ // longer names first
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40},
	{"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12},
	{"K", 1e3}, {"M", 1e6}, {"G", 1e9}, {"T", 1e12}, {"B", 1},
}

// ParseSize reads a Size; upper and lower case are alike.
func ParseSize(s string) (Size, error) {
	number, scale := strings.TrimSpace(s), 1.0
	for _, u := range units {
		if n := len(number) - len(u.name); n > 0 && strings.EqualFold(number[n:], u.name) {
			number, scale = strings.TrimSpace(number[:n]), u.bytes
			break
		}
	}
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || !(n >= 0) || n*scale > math.MaxInt64/2 {
		return 0, fmt.Errorf("found the size %q, want one such as 4GB, 512MiB or 1000000", s)
	}
	return Size(n * scale), nil
}

func (s *Size) parse(text string) error {
	var err error
	*s, err = ParseSize(text)
	return err
}

func (s Size) String() string {
	for _, u := range []struct {
		name  string
		bytes float64
	}{{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}} {
		if float64(s) >= u.bytes {
			return fmt.Sprintf("%.1f %s", float64(s)/u.bytes, u.name)
		}
	}
	return fmt.Sprintf("%d bytes", int64(s))
}
