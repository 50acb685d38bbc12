package report

import (
	"lmz/internal/lab/figure"
	"lmz/internal/lab/law"
)

func coefficientFigures(a *law.Account) []figure.Figure { return nil }
