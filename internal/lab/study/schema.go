package study

import _ "embed"

// Schema is the JSON schema of study files, for editors: a first line
//
//	# yaml-language-server: $schema=FILE
//
// in a YAML file has them complete and check it.
//
//go:embed schema.json
var Schema []byte
