#!/bin/sh
# Trains the models of the studies here, with lmz, jq and Go's own source tree at hand:
#
#     sh train.sh DATA [NAME]...
#
# NAME is 50k, 200k, 800k, 3m, 5m, or tokens (the models of tokenization.yaml); all if there is none. DATA has text/enwik7.gz,
# text/wikipedia_en_2024_2025 and text/classic_books_60MB.tar.gz. What was interrupted goes on by the same command. LMZ names the program.
set -e
lmz=${LMZ:-lmz}
data=$1
shift || { echo "sh train.sh DATA [50k | 200k | 800k | 3m | 5m | tokens]..." >&2; exit 2; }
case $data in /*) ;; *) data=$(pwd)/$data ;; esac
cd "$(dirname "$0")"
mkdir -p runs models

# have FILE SHA256 COMMAND: makes FILE of what COMMAND prints, and wants it to be what the suite was trained on.
have() {
	test -f "runs/$1" && return
	eval "$3" >"runs/$1.tmp"
	echo "$2  runs/$1.tmp" | sha256sum -c --quiet - || { echo "runs/$1.tmp: not the text that the suite was trained on: $4" >&2; exit 1; }
	mv "runs/$1.tmp" "runs/$1"
}

have enwik7.eval 5ba647fec2ba51b0383cbe7147e15a478d85613245b7131c41764dbdd5062f77 \
	'gzip -dc "$data/text/enwik7.gz" | head -c 4194304' "want the first 10,000,000 bytes of enwik8, packed, in DATA/text/enwik7.gz"
have enwik7.train 42e1cd297eeeb6fa2786babe16f4afb9b410bd0ce6ae2d9139ee60c72b5a8626 \
	'gzip -dc "$data/text/enwik7.gz" | tail -c +4300001' "want the first 10,000,000 bytes of enwik8, packed, in DATA/text/enwik7.gz"

# texts makes the other texts.
texts() {
	have wikipedia.txt 8c867be647f150cf864776ba64b5a48ebd44117368e726f4e7ba5d2c41f01aeb \
		'gzip -dc "$data"/text/wikipedia_en_2024_2025/*.json.gz | jq -r ".[]"' "want the articles of models/lmz-text-2/README.md"
	# Go's source without tests, generated tables, others' code, and the packages archive, encoding and text.
	have gosrc.txt d4324dd6a2bbb2d27736ee937955835feca47989f5a12cccf0b45c0de6319127 \
		'(cd "$(go env GOROOT)/src" && find . -type f -name "*.go" ! -name "*_test.go" ! -name "z*" ! -name "*tables*.go" ! -name "rewrite*.go" \
			! -name opGen.go ! -path "*/testdata/*" ! -path "*/vendor/*" ! -path "./archive/*" ! -path "./encoding/*" ! -path "./text/*" |
			LC_ALL=C sort | xargs cat)' "want the source tree of Go 1.26.8 (GOTOOLCHAIN=go1.26.8)"
	if ! test -d runs/books; then
		rm -rf runs/books.tmp
		mkdir runs/books.tmp
		tar xzf "$data/text/classic_books_60MB.tar.gz" -C runs/books.tmp
		mv runs/books.tmp runs/books
	fi
}

# suite NAME LAYERS WIDTH HEADS [FLAG]: one size, and puts its checkpoints where study.yaml looks for them, all of one run. If all are there it has
# nothing to do.
suite() {
	steps="1 16 128 512 1000 2000 4000" missing=
	for step in $steps; do test -d models/$1/step-$step || missing=$step; done
	test -n "$missing" || { echo "models/$1 has all its steps"; return; }
	texts
	$lmz train --out runs/$1 --layers $2 --hidden $3 --heads $4 --rotary 0.5 --context 512 --batch 16 --steps 4000 --warmup 100 \
		--lr 4e-3 --final-lr 0.02 --muon --weight-decay 0.1 --seed 1 $5 --held-out runs/enwik7.eval --held-out-bytes 131072 --eval-every 500 \
		--checkpoints 1,4,16,64,128,256,512,1000,2000,3000 --save-every 5m \
		runs/enwik7.train:3 runs/wikipedia.txt:1 runs/books:1 runs/gosrc.txt:0.5
	for step in $steps; do
		kept=models/$1/step-$step
		rm -rf $kept.tmp
		mkdir -p models/$1
		cp -r runs/$1/step-$step $kept.tmp
		rm -rf $kept
		mv $kept.tmp $kept
	done
}

# token NAME LAYERS WIDTH HEADS VOCABULARY CONTEXT BATCH STEPS: a model over the tokens of a vocabulary. A token of 1,000 stands for 2.209 bytes of this
# text, of 2,000 for 2.553, of 5,000 for 3.001, of 10,000 for 3.337, of 20,000 for 3.648. So all have 512 bytes in sight within 0.3%, and are trained
# on 4,096,000 bytes within 0.1%. Steps differ: lmz train takes sequences by some 2,048 tokens.
token() {
	vocabulary=
	if test $5 != 256; then
		test -f runs/vocab-$5.json || $lmz tokenizer train --vocab $5 -o runs/vocab-$5.json runs/enwik7.train
		vocabulary="--tokenizer runs/vocab-$5.json"
	fi
	$lmz train --out runs/tokens/$1 $vocabulary --layers $2 --hidden $3 --heads $4 --rotary 0.5 --context $6 --batch $7 --steps $8 --warmup 50 \
		--lr 4e-3 --final-lr 0.02 --muon --weight-decay 0.1 --seed 1 --bf16 --save-every 2m runs/enwik7.train
}

# tokens NAME LAYERS WIDTH HEADS: all vocabularies for one body.
tokens() {
	token $1-bytes $2 $3 $4 256 512 8 1000
	token $1-bpe1000 $2 $3 $4 1000 232 8 999
	token $1-bpe2000 $2 $3 $4 2000 200 10 802
	token $1-bpe5000 $2 $3 $4 5000 171 11 726
	token $1-bpe10000 $2 $3 $4 10000 153 13 617
	token $1-bpe20000 $2 $3 $4 20000 140 14 573
}

for name in ${*:-50k 200k 800k tokens 3m 5m}; do
	case $name in
	50k) suite 50k 2 48 3 ;;
	200k) suite 200k 2 96 6 ;;
	800k) suite 800k 4 128 4 --bf16 ;;
	3m) suite 3m 4 256 8 --bf16 ;;
	5m) suite 5m 6 256 8 --bf16 ;;
	tokens)
		tokens 50k 2 48 3
		tokens 200k 2 96 6
		tokens 800k 4 128 4
		;;
	*) echo "train.sh: $name, want 50k, 200k, 800k, 3m, 5m or tokens" >&2; exit 2 ;;
	esac
done
