package dataset

import (
	"image"
	"image/color"
	"image/draw"
)

const (
	sheetScale = 2 // pixels of a patch's pixel, each way
	sheetGap   = 4 // pixels between patches
)

// sheetPaper is no grey, so that it is told from patches.
var sheetPaper = color.RGBA{R: 32, G: 64, B: 128, A: 255}

// ContactSheet draws patches, chunks of Image of one size, in rows of as many columns, in their order.
func ContactSheet(chunks [][]byte, columns int) image.Image {
	columns = max(1, min(columns, len(chunks)))
	rows := (len(chunks) + columns - 1) / columns
	shape := patchShapes[DefaultChunk]
	if len(chunks) > 0 {
		shape = patchShapes[len(chunks[0])]
	}
	cellWidth, cellHeight := shape.X*sheetScale+sheetGap, shape.Y*sheetScale+sheetGap
	sheet := image.NewRGBA(image.Rect(0, 0, columns*cellWidth+sheetGap, rows*cellHeight+sheetGap))
	draw.Draw(sheet, sheet.Bounds(), image.NewUniform(sheetPaper), image.Point{}, draw.Src)
	for i, chunk := range chunks {
		left, top := sheetGap+i%columns*cellWidth, sheetGap+i/columns*cellHeight
		for p, grey := range chunk[:min(len(chunk), shape.X*shape.Y)] {
			x, y := left+p%shape.X*sheetScale, top+p/shape.X*sheetScale
			draw.Draw(sheet, image.Rect(x, y, x+sheetScale, y+sheetScale), image.NewUniform(color.Gray{Y: grey}), image.Point{}, draw.Src)
		}
	}
	return sheet
}
