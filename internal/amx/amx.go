// Package amx tells whether products may use Intel's Advanced Matrix Extensions: registers of 16 rows of 64 bytes, tiles, and
// instructions that multiply a tile by another (Intel 64 and IA-32 Architectures Software Developer's Manual, volume 1, chapter 18).
package amx
