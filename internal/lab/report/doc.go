// Package report makes pages of HTML from a store, each one file that needs no network.
//
// Start at Build, which reads a store, and Report.WriteHTML. A kind of page is a template of its contents (report.html) within the
// frame that all share (page.html, style.css, page.js). What comes from data reaches a page only as text that html/template
// escapes, or as JSON that a script of ours reads. A page's content security policy names its scripts and styles by their hashes and allows no
// request, so that even what was smuggled into it would neither run nor call home.
//
// Charts are package figure's: the page has their data and draws them with Observable Plot, so that they can be explored; files for papers
// are drawn by package figure itself. What is computed (intervals, fits) is computed elsewhere.
package report
