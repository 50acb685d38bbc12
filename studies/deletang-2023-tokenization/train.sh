#!/bin/sh
# Trains the models of study.yaml, beside it: sh train.sh DATA [WIDTH]... where DATA has text/enwik7.gz.
# A model has some hours on two processors; each goes on where it was interrupted.
set -e
data=$1
shift || { echo "sh train.sh DATA [WIDTH]..." >&2; exit 2; }
case $data in /*) ;; *) data=$(pwd)/$data ;; esac
cd "$(dirname "$0")"
mkdir -p runs
gzip -dc "$data/text/enwik7.gz" | tail -c +4300001 > runs/enwik.train
gzip -dc "$data/text/enwik7.gz" | head -c 4194304 > runs/enwik.eval
for width in ${*:-64 128}; do
	for vocab in 256 1000 2000 5000 10000 20000; do
		tokenizer=runs/vocab-$vocab.json
		test -f $tokenizer || lmz tokenizer train --vocab $vocab -o $tokenizer runs/enwik.train
		lmz train --out runs/width-$width/vocab-$vocab --tokenizer $tokenizer --layers 4 --hidden $width --heads 8 \
			--rotary 0.5 --context 512 --batch 16 --steps 4000 --muon --lr 4e-3 --final-lr 0.02 --weight-decay 0.1 \
			--held-out runs/enwik.eval --held-out-bytes 131072 runs/enwik.train
	done
done
