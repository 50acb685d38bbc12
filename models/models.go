// Package models holds the weights that the lmz binary carries. Each model is a directory of Hugging
// Face's layout with int8 matrices, and a card, README.md, that says how it was made.
package models

import "embed"

// Default is the directory of the model that lmz uses unless told otherwise.
const Default = "lmz-text-2"

// Files holds the models.
//
//go:embed lmz-text-2/config.json lmz-text-2/model.safetensors lmz-text-2/tokenizer.json
var Files embed.FS
