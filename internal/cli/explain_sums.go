package cli

import (
	"bufio"
	"fmt"
	"strconv"
	"strings"

	"lmz/internal/lab/surprisal"
)

// barWidth is that of bars in tables, in columns.
const barWidth = 24

// print shows an account.
func (x *explanation) print(a *surprisal.Account) error {
	out := bufio.NewWriter(x.stdout)
	if a.Parts != nil {
		x.parts(out, a)
	}
	if a.Content != nil {
		x.content(out, a)
	}
	return out.Flush()
}

// content shows what is told of coded bytes.
func (x *explanation) content(out *bufio.Writer, a *surprisal.Account) {
	c := a.Content
	l := c.Lens
	switch {
	case l.IsText():
		x.explainText(out, l)
	case l.Picture != nil:
		x.explainPicture(out, l)
	default:
		x.explainSound(out, l)
	}
	x.totals(out, a)
	if len(l.Tokens) == 0 {
		return
	}
	x.histogram(out, c)
	x.positions(out, c)
	x.classes(out, c)
	x.costliest(out, c)
}

// totals are the figures of all.
func (x *explanation) totals(out *bufio.Writer, a *surprisal.Account) {
	c := a.Content
	line := func(figure, unit, about string) {
		fmt.Fprintf(out, "%s %-7s %s\n", x.ink.bold(fmt.Sprintf("%14s", figure)), unit, x.ink.quiet(about))
	}
	left := "all of it"
	switch {
	case c.LeftOut < 0:
		left = "the beginning; what follows is left out (--bytes)"
	case c.LeftOut > 0:
		left = fmt.Sprintf("the beginning; %s more are left out (--bytes)", surprisal.Thousands(c.LeftOut))
	}
	fmt.Fprintln(out, x.ink.bold(printable(a.File)))
	x.words(out, c.Coded)
	line(surprisal.Thousands(c.RawBytes), "bytes", left)
	line(surprisal.Thousands(c.Tokens), "tokens", fmt.Sprintf("of %s, contexts of %d positions, %s", printable(c.Model), c.Window, c.Policy))
	rate := ""
	if c.RawBytes > 0 {
		rate = fmt.Sprintf(", %.3f a byte", c.CodeLength/float64(c.RawBytes))
	}
	line(surprisal.Thousands(int64(c.CodeLength+0.5)), "bits", "code length"+rate)
	of := "without headers"
	if c.Headers > 0 {
		of = fmt.Sprintf("%s in headers", surprisal.Thousands(c.Headers))
	}
	if c.Ratio != nil {
		of = fmt.Sprintf("%.2f%%, %.3f bits/byte; %s", 100**c.Ratio, *c.BitsPerByte, of)
	}
	line(surprisal.Thousands(c.CodedSize), "bytes", "coded size: "+of)
	fmt.Fprintln(out)
}

// histogram is how many tokens are how dear; it has the colours of the text.
func (x *explanation) histogram(out *bufio.Writer, c *surprisal.Content) {
	fmt.Fprintln(out, x.ink.bold("Bits a token"))
	fmt.Fprintln(out, x.ink.quiet(fmt.Sprintf("%8s %10s %7s %-*s %7s  %s", "bits", "tokens", "", barWidth, "", "of bits", "")))
	total := len(c.Lens.Tokens)
	for i, b := range c.Histogram {
		fmt.Fprintf(out, "%s %10s %6.1f%% %s %6.1f%%  %s\n", x.ink.level(i, fmt.Sprintf("%7s ", levelName(i))), surprisal.Thousands(b.Tokens),
			percentOf(float64(b.Tokens), float64(total)), bar(float64(b.Tokens)/float64(total), barWidth),
			percentOf(b.Bits, c.CodeLength), strings.TrimRight(bar(share(b.Bits, c.CodeLength), barWidth), " "))
	}
	fmt.Fprintf(out, "The costliest %.0f%% of the tokens hold half of the bits.\n\n", 100*c.HalfOfBits)
}

// positions is the cost of a fresh context.
func (x *explanation) positions(out *bufio.Writer, c *surprisal.Content) {
	var most float64
	for _, s := range c.Positions {
		most = max(most, share(s.Bits, float64(s.Bytes)))
	}
	if most == 0 {
		return
	}
	fmt.Fprintln(out, x.ink.bold("Cost by how much of the context is known"))
	fmt.Fprintln(out, x.ink.quiet(fmt.Sprintf("%13s %10s %10s", "tokens before", "tokens", "bits/byte")))
	for _, s := range c.Positions {
		name := strconv.Itoa(s.Low)
		if s.High > s.Low {
			name += "\u2013" + strconv.Itoa(s.High)
		}
		rate := share(s.Bits, float64(s.Bytes))
		fmt.Fprintf(out, "%13s %10s %10.3f %s\n", name, surprisal.Thousands(s.Tokens), rate, strings.TrimRight(bar(rate/most, barWidth), " "))
	}
	fmt.Fprintln(out)
}

// classes is what kinds of bytes cost.
func (x *explanation) classes(out *bufio.Writer, c *surprisal.Content) {
	if len(c.Classes) < 2 {
		return
	}
	fmt.Fprintln(out, x.ink.bold("Cost by kind of byte"))
	fmt.Fprintln(out, x.ink.quiet(fmt.Sprintf("%-16s %9s %8s %8s %10s", "", "bytes", "of bytes", "of bits", "bits/byte")))
	for _, k := range c.Classes {
		fmt.Fprintf(out, "%-16s %9s %7.1f%% %7.1f%% %10.3f\n", k.Name, surprisal.Thousands(k.Bytes), percentOf(float64(k.Bytes), float64(c.RawBytes)),
			percentOf(k.Bits, c.CodeLength), share(k.Bits, float64(k.Bytes)))
	}
	fmt.Fprintln(out)
}

// around is how many bytes of context are shown before and after a token.
const around = 14

// costliest lists tokens.
func (x *explanation) costliest(out *bufio.Writer, c *surprisal.Content) {
	if len(c.Costliest) == 0 {
		return
	}
	l := c.Lens
	fmt.Fprintln(out, x.ink.bold("The costliest tokens"))
	fmt.Fprintln(out, x.ink.quiet(fmt.Sprintf("%6s %10s  %-30s  %s", "bits", "at", "expected instead", "where")))
	for _, k := range c.Costliest {
		var expected []string
		for _, g := range k.Expected {
			expected = append(expected, fmt.Sprintf("%s %.0f%%", l.Quote(g), 100*g.Probability))
		}
		where := ""
		if l.IsText() {
			before := surprisal.Visible(l.Raw[max(0, k.Begin-around):k.Begin])
			after := surprisal.Visible(l.Raw[k.Begin+k.Size : min(len(l.Raw), k.Begin+k.Size+around)])
			token := k.Text
			if x.ink.on {
				token = x.ink.level(surprisal.Level(k.Bits), token)
			} else {
				token = "[" + token + "]"
			}
			where = x.ink.quiet(before) + token + x.ink.quiet(after)
		} else {
			where = fmt.Sprintf("%s after %s", l.Values(k.Begin, k.Begin+k.Size), l.Values(max(0, k.Begin-5), k.Begin))
		}
		list := strings.Join(expected, "  ")
		fmt.Fprintf(out, "%6.2f %10s  %s  %s\n", k.Bits, l.Place(k), list+strings.Repeat(" ", max(0, 30-width(list))), where)
	}
	fmt.Fprintln(out)
}

// width is how many columns a visible text takes.
func width(s string) (n int) {
	for g := range surprisal.Glyphs([]byte(s)) {
		n += columns(g)
	}
	return n
}

func share(part, of float64) float64 {
	if of == 0 {
		return 0
	}
	return part / of
}

func percentOf(part, of float64) float64 { return 100 * share(part, of) }

// words prints a sentence in lines that are not too long.
func (x *explanation) words(out *bufio.Writer, text string) {
	n := 0
	for word := range strings.FieldsSeq(text) {
		switch {
		case n == 0:
		case n+1+len(word) > x.ink.width:
			out.WriteByte('\n')
			n = 0
		default:
			out.WriteByte(' ')
			n++
		}
		out.WriteString(word)
		n += len(word)
	}
	out.WriteByte('\n')
}
