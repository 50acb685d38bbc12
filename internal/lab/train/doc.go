// Package train trains GPT-NeoX models (Black et al. 2022, arXiv 2204.06745) over bytes, on the CPU.
//
// Start at Run: New or Resume makes one, Step takes an optimizer step, Save writes everything
// that Resume needs. Shard is the forward and backward pass of a few sequences; a step spreads
// its shards over threads and adds their gradients in the order of the shards, so that a seed
// gives the same run on any number of threads.
//
// Nothing here is on the coding path: products use fused multiply-add (package gemm), so two kinds
// of machine may train models that differ in the last bits. What is trained is then quantised
// and evaluated by package model, whose bits do not differ.
package train
