module lmz

go 1.26
