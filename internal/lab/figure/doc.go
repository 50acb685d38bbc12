// Package figure is charts as data, and draws them as SVG and PNG.
package figure
