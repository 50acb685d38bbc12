package report

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestPage is the whole page in a browser: a figure's marks are drawn, nothing of data runs, nothing is asked of the network.
func TestPage(t *testing.T) {
	browserPath(t)
	address := pageFile(t, samplePage(t))
	p := openTab(t, address, 1280, 900, false)
	p.await("document.querySelectorAll('#records-table tbody tr').length > 5")

	// Every figure is an svg with marks.
	p.want("[...document.querySelectorAll('figure.chart')].filter(f => f.querySelectorAll('.chart-canvas svg.plot').length !== 1).length", "0")
	p.want("[...document.querySelectorAll('figure.chart svg.plot')].filter(s => !s.querySelector('[aria-label=dot] *, [aria-label=line] path, [aria-label=rect] rect')).map(s => s.getAttribute('aria-label')).join()", "")
	p.want("document.querySelectorAll('#sample-sizes [aria-label=dot] > *').length", "21")
	p.want("document.querySelectorAll('#sample-bars [aria-label=rect] rect').length", "3")

	// A legend's button hides its series, by the keyboard too.
	p.do(chromedp.Focus("#sample-sizes .chart-tools button"), chromedp.KeyEvent(" "))
	p.await("document.querySelectorAll('#sample-sizes [aria-label=dot] > *').length === 18")
	p.want("document.querySelector('#sample-sizes .chart-tools button').getAttribute('aria-pressed')", "false")
	p.do(chromedp.KeyEvent(kb.Enter))
	p.await("document.querySelectorAll('#sample-sizes [aria-label=dot] > *').length === 21")

	// An axis changes between linear and logarithmic.
	where := "document.querySelector('#sample-sizes [aria-label=dot] > :nth-child(2)').outerHTML"
	before := p.text(where)
	p.do(chromedp.Click("#sample-sizes .scales button"))
	p.await(where + " !== " + fmt.Sprintf("%q", before))

	// Who points at a mark reads it.
	p.do(chromedp.Evaluate(`(() => { const dot = document.querySelector('#sample-sizes [aria-label=dot] > *').getBoundingClientRect();
		document.querySelector('#sample-sizes svg.plot').dispatchEvent(new PointerEvent('pointermove', {clientX: dot.x + 4, clientY: dot.y + 4, bubbles: true, pointerType: 'mouse'})); })()`, nil))
	p.await("document.querySelector('#sample-sizes [aria-label=tip] text')?.textContent.includes('step 100')")

	// The data of a chart can be read without pointing.
	p.do(chromedp.Focus("#sample-names summary"), chromedp.KeyEvent(kb.Enter))
	p.await("document.querySelectorAll('#sample-names table tbody tr').length === 3")

	// Hostile names are text, and all of them are there.
	for _, name := range hostile {
		p.want(fmt.Sprintf("[...document.querySelectorAll('td, th')].some(c => c.textContent === %s)", mustJSON(name)), "true")
	}
	p.want("document.querySelectorAll('main img, main b, main iframe').length", "0")
	p.want("document.title", "A sample of "+hostile[1])
	p.noOverflow()
	p.quiet(address)
}

// TestRecordsTable: the table of records sorts, filters, opens rows, and is worked by keys alone.
func TestRecordsTable(t *testing.T) {
	browserPath(t)
	address := pageFile(t, samplePage(t))
	p := openTab(t, address, 1280, 900, false)
	p.await("document.querySelector('#records-count')?.textContent.includes('34 of 34')")
	column := func(name string) string {
		return fmt.Sprintf("[...document.querySelectorAll('#records-table tbody tr:not(.all)')].map(r => r.cells[[...document.querySelector('#records-table thead tr').cells].findIndex(c => c.dataset.column === %q)].textContent)", name)
	}
	head := func(name string) string { return fmt.Sprintf(`#records-table th[data-column="%s"]`, name) }

	// By keys: focus, Enter, Enter again for the other direction. What has no number stays last.
	p.do(chromedp.Focus(head("ratio %")+" button"), chromedp.KeyEvent(kb.Enter))
	p.await(fmt.Sprintf("document.querySelector('%s').ariaSort === 'ascending'", head("ratio %")))
	p.want(column("ratio %")+".filter(Boolean).map(Number).every((x, i, all) => i === 0 || all[i-1] <= x)", "true")
	p.want(column("ratio %")+".at(-1)", "")
	p.do(chromedp.KeyEvent(kb.Enter))
	p.await(fmt.Sprintf("document.querySelector('%s').ariaSort === 'descending'", head("ratio %")))
	p.want(column("ratio %")+".filter(Boolean).map(Number).every((x, i, all) => i === 0 || all[i-1] >= x)", "true")
	p.want(column("ratio %")+".at(-1)", "")
	p.want("document.activeElement.textContent", "ratio %")
	// Every column sorts.
	for _, group := range []string{"model", "sizes", "time"} {
		p.do(chromedp.Click("#records-group-" + group))
	}
	p.await("document.querySelectorAll('#records-table thead button').length === 39")
	p.do(chromedp.Evaluate("for (const b of document.querySelectorAll('#records-table thead button')) { b.click(); if (b.closest('th').ariaSort !== 'ascending') throw new Error(b.textContent); }", nil))

	// Filters.
	count := "document.querySelector('#records-count').textContent"
	choose := func(name, label string) chromedp.Action {
		return chromedp.Evaluate(fmt.Sprintf("(() => { const s = document.getElementById('records-%s'); s.value = [...s.options].find(o => o.text === %q).value; s.dispatchEvent(new Event('change')); })()", name, label), nil)
	}
	p.do(choose("kind", "model"))
	p.await(count + ".startsWith('24 of 34')")
	p.do(choose("data", "noises"))
	p.await(count + ".startsWith('12 of 34')")
	p.do(chromedp.SendKeys("#records-search", "toy-50k STEP100"))
	p.await(count + ".startsWith('1 of 34')")
	p.want(column("subject"), "toy-50k@step100")
	p.do(chromedp.Evaluate("document.getElementById('records-search').value = ''", nil), chromedp.SendKeys("#records-search", " "), choose("kind", "all"), choose("data", "all"), choose("state", "failed"))
	p.await(count + ".startsWith('1 of 34')")
	p.want(column("note"), "it fell over: "+hostile[0])

	// A row's button opens all that there is about it.
	p.do(chromedp.Focus("#records-table tbody button.open"), chromedp.KeyEvent(kb.Enter))
	p.await("document.querySelector('#records-table tr.all')?.textContent.includes('it fell over')")
	p.want("document.querySelector('#records-table tbody button.open').ariaExpanded", "true")
	p.do(chromedp.KeyEvent(kb.Enter))
	p.await("!document.querySelector('#records-table tr.all')")
	p.quiet(address)
}

// TestTheme: the page follows the system, and its button.
func TestTheme(t *testing.T) {
	browserPath(t)
	address := pageFile(t, samplePage(t))
	p := openTab(t, address, 1280, 900, true)
	defer p.do(chromedp.Evaluate("localStorage.clear()", nil)) // the other tests' pages are of the same origin
	ground := "getComputedStyle(document.body).backgroundColor"
	p.await("document.querySelector('button.theme')?.textContent === 'Light'")
	p.want(ground, "rgb(20, 23, 26)")
	p.do(chromedp.Focus("button.theme"), chromedp.KeyEvent(kb.Enter))
	p.await("document.querySelector('button.theme').textContent === 'Dark'")
	p.want(ground, "rgb(252, 252, 250)")
	p.do(chromedp.Reload())
	p.await("document.querySelector('button.theme')?.textContent === 'Dark'")
	p.want(ground, "rgb(252, 252, 250)")
	p.quiet(address)
}

// TestPhone: on a phone tables scroll within their frames, the page does not, and controls are large enough to touch.
func TestPhone(t *testing.T) {
	browserPath(t)
	address := pageFile(t, samplePage(t))
	p := openTab(t, address, 390, 844, false)
	p.await("document.querySelectorAll('#records-table tbody tr').length > 5")
	p.noOverflow()
	p.do(chromedp.Evaluate("for (const s of document.querySelectorAll('summary')) s.click(); for (const b of document.querySelectorAll('.open')) b.click()", nil))
	p.await("document.querySelectorAll('#records-table tr.all').length === 34 && document.querySelectorAll('.chart-data table').length === document.querySelectorAll('figure.chart').length")
	p.noOverflow()
	p.want("[...document.querySelectorAll('button, select, input[type=search]')].filter(b => b.offsetParent && b.getBoundingClientRect().height < 24).map(b => b.outerHTML).join()", "")
	p.quiet(address)
}

// TestKeyboard: Tab reaches the skip link first, and every control and every frame that scrolls can be reached; each has a name.
func TestKeyboard(t *testing.T) {
	browserPath(t)
	address := pageFile(t, samplePage(t))
	p := openTab(t, address, 1280, 900, false)
	p.await("document.querySelectorAll('#records-table tbody tr').length > 5")
	p.do(chromedp.KeyEvent(kb.Tab))
	p.want("document.activeElement.textContent", "Skip to the contents")
	p.want("document.activeElement.getBoundingClientRect().left >= 0", "true")
	p.do(chromedp.KeyEvent(kb.Enter))
	p.await("document.activeElement.id === 'content'")
	p.want("[...document.querySelectorAll('.frame')].filter(f => f.tabIndex !== 0 || !document.getElementById(f.getAttribute('aria-labelledby')) && !f.ariaLabel).length", "0")
	p.want("[...document.querySelectorAll('button, select, input, a')].filter(e => !(e.textContent.trim() || e.ariaLabel || e.labels?.length)).map(e => e.outerHTML).join()", "")
	p.want("[...document.querySelectorAll('table')].filter(t => !t.caption || [...t.querySelectorAll('thead th')].some(h => h.scope !== 'col')).length", "0")
	p.want("[...document.querySelectorAll('[id]')].map(e => e.id).filter((id, i, all) => all.indexOf(id) !== i).join()", "")
	p.want("[...document.querySelectorAll('svg[role=img]')].filter(s => !s.ariaLabel || !s.ariaDescription && !s.getAttribute('aria-description')).length", "0")
	p.quiet(address)
}

// TestManyRecords: ten thousand rows are few at a time, and the page stays below its size.
func TestManyRecords(t *testing.T) {
	browserPath(t)
	page := manyPage(t, 10_000)
	address := pageFile(t, page)
	p := openTab(t, address, 1280, 900, false)
	count := "document.querySelector('#records-count')?.textContent"
	p.await(count + "?.startsWith('10000 of 10000 records, page 1 of 200')")
	p.want("document.querySelectorAll('#records-table tbody tr').length", "50")
	p.do(chromedp.Click("#records-after"))
	p.await(count + ".endsWith('page 2 of 200')")
	p.do(chromedp.SendKeys("#records-search", "step999"))
	p.await(count + ".startsWith('10 of 10000')")
	p.quiet(address)
}
