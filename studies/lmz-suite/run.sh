#!/bin/sh
# Measures, fits and shows all of the study, with lmz, jq and the models that are at hand:
#
#     sh run.sh DATA
#
# Data and models are looked for as in the study files. What was measured is not measured again, and what was interrupted goes on by
# the same command. Pages, tables, accounts and figures are written to results; LMZ names the program, OUT another directory.
set -e
lmz=${LMZ:-lmz}
test $# = 1 || { echo "sh run.sh DATA" >&2; exit 2; }
case $1 in /*) data=$1 ;; *) data=$(pwd)/$1 ;; esac
cd "$(dirname "$0")"
out=${OUT:-results}
mkdir -p "$out"/generated

lacking= # study files of which cells failed, or models are missing
for study in study contexts tokenization; do
	status=0
	$lmz study run --skip-missing --data "$data" $study.yaml || status=$?
	case $status in
	0) ;;
	1) lacking="$lacking $study.yaml" ;; # told above
	*) exit $status ;; # interrupted
	esac
done

# While the learning rate warms up, for 100 steps, training follows no law.
since="--min-steps 128"
$lmz fit study.yaml $since --tokens-per-step 8192 >"$out"/account.txt
$lmz fit study.yaml $since --tokens-per-step 8192 --html "$out"/laws.html --png "$out"/laws --svg "$out"/laws
$lmz fit allocate study.yaml $since --bytes 1e4,1e5,1e6,1e7,1e8,1e9,1e10,1e11,1e12 >"$out"/allocation.txt

# What the three smallest say of the largest, 5.7 times as large, where the account holds out the largest alone.
$lmz study export lmz-suite.db --table cells --format jsonl | jq -rs '["params", "step", "ratio"], (.[] |
	select(.dataset == "text" and .step >= 128 and .params < 1e6 and (.protocol | startswith("lossless/"))) | [.params, .step, .ratio]) | @csv' >"$out"/three.csv
for step in 128 512 1000 2000 4000; do
	$lmz fit predict --csv "$out"/three.csv --params 4870656 --steps $step --form kaplan-nd
done >"$out"/predicted.txt

for study in study contexts tokenization; do
	case $study in study) store=lmz-suite.db ;; *) store=lmz-suite-$study.db ;; esac
	test -f $store || continue
	$lmz report $study.yaml $since -o "$out"/$study.html --png "$out"/$study --svg "$out"/$study
	$lmz report $study.yaml $since --markdown >"$out"/$study.md
done

# continued NAME KIND FILE FLAGS...: makes results/generated/NAME, if it is not there, of what generate/FILE begins.
continued() {
	name=$1 kind=$2 context=$3
	shift 3
	test -f "$out"/generated/$name || $lmz generate -q --kind $kind --context generate/$context "$@" -o "$out"/generated/$name
}

# What follows, by compressors, by the model that lmz carries, and by those of the suite that are at hand.
continued text-gzip.txt text text.txt --from gzip --horizon 8 --length 100
continued text-ppmd.txt text text.txt --from ppmd --length 40
continued text-default.txt text text.txt --length 300
continued image-gzip.png image photo.png --from gzip --window 512
continued image-default.png image photo.png
continued speech-gzip.wav audio speech.wav --from gzip --length 2048 --window 512
continued speech-default.wav audio speech.wav --length 2048
for size in 50k 200k 800k 3m 5m; do
	model=models/$size/step-4000
	test -d $model || continue
	continued text-$size.txt text text.txt --from $model --length 300
	continued image-$size.png image photo.png --from $model
	continued speech-$size.wav audio speech.wav --from $model --length 2048
done
for sound in "$out"/generated/*.wav; do
	test -f "${sound%.wav}.png" || $lmz data inspect --kind speech --chunk 2048 -o "${sound%.wav}.png" "$sound" >"${sound%.wav}.txt"
done

if test -n "$lacking"; then
	echo "Not all was measured, of:$lacking. Why, is told above. sh train.sh DATA makes models that are missing; then the same command goes on." >&2
	exit 1
fi
