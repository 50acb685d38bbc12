package report

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestContrast computes the contrasts of WCAG 2.2: 4.5 of text on its ground, 3 of lines and marks that mean something (1.4.3, 1.4.11).
func TestContrast(t *testing.T) {
	style, err := files.ReadFile("style.css")
	if err != nil {
		t.Fatal(err)
	}
	colours := map[string][2]float64{} // luminance on light pages and dark ones
	for _, m := range regexp.MustCompile(`--([a-z0-9-]+): light-dark\(#([0-9a-f]{6}), #([0-9a-f]{6})\)`).FindAllStringSubmatch(string(style), -1) {
		colours[m[1]] = [2]float64{luminance(t, m[2]), luminance(t, m[3])}
	}
	checked := 0
	for name, luminances := range colours {
		least := 0.0
		switch {
		case strings.HasPrefix(name, "series-"), name == "edge":
			least = 3
		case name == "text", name == "quiet", name == "accent", name == "bad":
			least = 4.5
		}
		for i, page := range []string{"light", "dark"} {
			for _, ground := range []string{"ground", "raised"} {
				if least == 3 && ground == "raised" {
					continue // charts and controls are on the page's own ground
				}
				checked++
				if got := contrast(luminances[i], colours[ground][i]); got < least {
					t.Errorf("--%s on --%s on a %s page has a contrast of %.2f, want %v", name, ground, page, got, least)
				}
			}
		}
		if name == "mark" {
			for i := range luminances {
				if got := contrast(colours["text"][i], luminances[i]); got < 4.5 {
					t.Errorf("text on --mark has a contrast of %.2f", got)
				}
			}
		}
	}
	if len(colours) < 15 || checked == 0 {
		t.Errorf("%d colours found in style.css", len(colours))
	}
}

func contrast(a, b float64) float64 { return (max(a, b) + 0.05) / (min(a, b) + 0.05) }

// luminance is the relative luminance of rrggbb.
func luminance(t *testing.T, colour string) float64 {
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		v, err := strconv.ParseUint(colour[2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(v) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
