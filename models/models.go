// Package models holds the weights that the lmz binary carries. Each model is a directory of Hugging
// Face's layout with int8 matrices, and a card, README.md, that says how it was made.
package models

import "embed"

// Default is the directory of the model that lmz uses unless told otherwise.
const Default = "lmz-text-1"

// Files holds the models.
//
//go:embed lmz-text-1/config.json lmz-text-1/model.safetensors lmz-text-1/tokenizer.json
var Files embed.FS
