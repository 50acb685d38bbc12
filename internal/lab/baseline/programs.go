package baseline

import (
	"errors"
	"fmt"
	"math/bits"
)

// programs are the compressors that are programs, each at its best setting. To add one is to add an
// entry: TestConformance then holds it to the rest.
var programs = []program{
	{
		// LZMA2 in the container of xz with its CRC64, as Python's lzma.compress, which Deletang et al. 2023 use.
		name: "xz", setting: "xz -9e",
		encoder: []string{"xz"}, debian: "xz-utils", version: []string{"--version"},
		form: plain,
		encode: func(n int, _ Signal) []string {
			return []string{"-c", "-T1", "--format=xz", "--check=crc64", fmt.Sprint("--lzma2=preset=9e,dict=", xzDictionary(n))}
		},
		decode: always("-d", "-c"),
	},
	{
		// The size before the bytes makes the tables fit them: without, a chunk takes 0.1 s or more. No checksum, as by
		// the library.
		name: "zstd", setting: "zstd --ultra -22",
		encoder: []string{"zstd"}, debian: "zstd", version: []string{"--version"},
		form: plain,
		encode: func(n int, _ Signal) []string {
			return []string{"-q", "-c", "--ultra", "-22", "--single-thread", "--no-check", fmt.Sprint("--stream-size=", n)}
		},
		decode: always("-q", "-d", "-c"),
	},
	{
		name: "bzip2", setting: "bzip2 -9",
		encoder: []string{"bzip2"}, debian: "bzip2", version: []string{"--version"},
		form: plain, encode: always("-9", "-c"), decode: always("-d", "-c"),
	},
	{
		// -p and -e search all predictors, which -8 alone does not. Order 32 (-l 32 --lax) would give 0.4 to 0.8% more
		// for 4 to 24 times the time, in files that not all players play.
		name: "flac", setting: "flac -8 -p -e",
		encoder: []string{"flac"}, debian: "flac", version: []string{"--version"},
		form: samples,
		encode: func(n int, s Signal) []string {
			return append(flacSamples(s), "-8", "-p", "-e", "--no-padding", "--no-seektable", "--no-md5-sum",
				"--channels=1", fmt.Sprint("--bps=", 8*sampleBytes(s)), fmt.Sprint("--sample-rate=", sampleRate(s)),
				fmt.Sprint("--input-size=", padded(n, s)), "-")
		},
		decode: func(_ int, s Signal) []string { return append(flacSamples(s), "-d", "-") },
		trim:   trimFLAC,
	},
	{
		// PPMd var. H, in a 7z archive that holds no times.
		name: "ppmd", setting: "7z PPMd -mx9",
		encoder: []string{"7z", "7zz"}, debian: "p7zip-full", version: []string{"i"},
		form: plain, rawFile: "raw", codedFile: "coded.7z",
		encode: always("a", "-t7z", "-m0=PPMd", "-mx9", "-mmt1", "-mtm=off", "-mtc=off", "-mta=off", "-mtr=off", "-bd", "-bso0", "coded.7z", "raw"),
		decode: always("x", "-so", "-bd", "coded.7z"),
	},
	{
		// A block as large as the input, as far as it goes: 511 MiB.
		name: "bzip3", setting: "bzip3",
		encoder: []string{"bzip3"}, debian: "bzip3", version: []string{"--version"},
		form: plain,
		encode: func(n int, _ Signal) []string {
			return []string{"-e", "-c", "-b", fmt.Sprint(min(n>>20+1, 511))}
		},
		decode: always("-d", "-c"),
	},
	{
		// The archive holds the time at which it was made: its bytes change, its size does not.
		name: "zpaq", setting: "zpaq -m5",
		encoder: []string{"zpaq"}, debian: "zpaq",
		form: plain, rawFile: "raw", codedFile: "coded.zpaq", outFile: "out",
		encode: always("a", "coded.zpaq", "raw", "-m5", "-t1", "-noattributes"),
		decode: always("x", "coded.zpaq", "raw", "-to", "out", "-t1"),
	},
	{
		name: "kanzi", setting: "kanzi -l 9",
		encoder: []string{"kanzi"}, version: []string{"--help"},
		install: "go install github.com/flanglet/kanzi-go/v2/app@latest, and call it kanzi",
		form:    plain, encode: always("-c", "-l", "9", "-j", "1"), decode: always("-d", "-j", "1"),
	},
	{
		name: "webp", setting: "cwebp -z 9",
		encoder: []string{"cwebp"}, decoder: []string{"dwebp"}, debian: "webp", version: []string{"-version"},
		form:   picture(1<<14 - 1),
		encode: always("-quiet", "-lossless", "-z", "9", "-o", "-", "--", "-"),
		decode: always("-quiet", "-ppm", "-o", "-", "--", "-"),
	},
	{
		name: "jxl", setting: "cjxl -d 0 -e 9",
		encoder: []string{"cjxl"}, decoder: []string{"djxl"}, debian: "libjxl-tools", version: []string{"--version"},
		form: picture(1<<30 - 1), rawFile: "raw.pgm", codedFile: "coded.jxl", outFile: "out.pgm",
		encode: always("raw.pgm", "coded.jxl", "-d", "0", "-e", "9", "--num_threads=0", "--quiet"),
		decode: always("coded.jxl", "out.pgm", "--num_threads=0", "--quiet"),
	},
	{
		// -y: by pipes the number of samples is not in the header, of which it would ask.
		name: "wavpack", setting: "wavpack -hh -x6",
		encoder: []string{"wavpack"}, decoder: []string{"wvunpack"}, debian: "wavpack", version: []string{"--version"},
		form: samples,
		encode: func(_ int, s Signal) []string {
			kind := "8u"
			if sampleBytes(s) == 2 {
				kind = "16s"
			}
			return []string{"-y", "-q", "-hh", "-x6", fmt.Sprintf("--raw-pcm=%d,%s,1,le", sampleRate(s), kind), "-", "-o", "-"}
		},
		decode: always("-y", "-q", "--raw", "-", "-o", "-"),
	},
}

// always is for arguments that depend on nothing.
func always(arguments ...string) func(int, Signal) []string {
	return func(int, Signal) []string { return arguments }
}

// xzDictionary is the smallest dictionary in bytes that holds rawBytes, up to the 64 MiB of preset 9. A
// larger one changes nothing but the time and the memory, 8 ms and 700 MB a chunk.
func xzDictionary(rawBytes int) int {
	return min(max(1<<bits.Len(uint(max(rawBytes, 1)-1)), 1<<12), 1<<26)
}

// plain gives the bytes as they are.
var plain = form{
	wrap:   func(raw []byte, _ Signal) ([]byte, error) { return raw, nil },
	unwrap: func(out []byte, rawSize int, _ Signal) ([]byte, error) { return out, checkSize(len(out), rawSize) },
}

// picture gives them as pixels, in pictures with sides of at most limit.
func picture(limit int) form {
	return form{
		wrap:   func(raw []byte, s Signal) ([]byte, error) { return pgm(raw, s.Width, limit) },
		unwrap: func(out []byte, rawSize int, s Signal) ([]byte, error) { return fromPNM(out, rawSize, s.Width) },
	}
}

// samples gives them as samples of one channel, whole samples, one at least.
var samples = form{
	wrap: func(raw []byte, s Signal) ([]byte, error) {
		return append(raw[:len(raw):len(raw)], make([]byte, padded(len(raw), s)-len(raw))...), nil
	},
	unwrap: func(out []byte, rawSize int, s Signal) ([]byte, error) {
		if err := checkSize(len(out), padded(rawSize, s)); err != nil {
			return nil, err
		}
		return out[:rawSize], nil
	},
}

// maxSampleRate is FLAC's, in Hz.
const maxSampleRate = 655350

func sampleBytes(s Signal) int { return max(s.SampleBytes, 1) }

func sampleRate(s Signal) int {
	if s.SampleRate == 0 {
		return 16000
	}
	return s.SampleRate
}

// padded is how many bytes the samples have that hold rawBytes.
func padded(rawBytes int, s Signal) int {
	n := sampleBytes(s)
	return max((rawBytes+n-1)/n*n, n)
}

// flacSamples say what samples are, to the encoder and the decoder alike.
func flacSamples(s Signal) []string {
	sign := "--sign=unsigned"
	if sampleBytes(s) == 2 {
		sign = "--sign=signed"
	}
	return []string{"-s", "-c", "--force-raw-format", "--endian=little", sign}
}

// trimFLAC leaves out all metadata but the first block, STREAMINFO, which is all that a decoder needs (RFC
// 9639, section 8): the program writes its own name, 44 bytes, into each file.
func trimFLAC(coded []byte) ([]byte, error) {
	const magic, info = 4, 4 + 34
	if len(coded) < magic+info || string(coded[:magic]) != "fLaC" || coded[magic]&0x7f != 0 {
		return nil, errors.New("no FLAC: it does not begin with STREAMINFO")
	}
	last, at := false, magic
	for !last {
		if len(coded)-at < 4 {
			return nil, errors.New("no FLAC: metadata that do not end")
		}
		last = coded[at]&0x80 != 0
		at += 4 + int(coded[at+1])<<16 + int(coded[at+2])<<8 + int(coded[at+3])
	}
	if at > len(coded) {
		return nil, errors.New("no FLAC: metadata that do not end")
	}
	trimmed := append([]byte(nil), coded[:magic+info]...)
	trimmed[magic] |= 0x80 // the last block
	return append(trimmed, coded[at:]...), nil
}
