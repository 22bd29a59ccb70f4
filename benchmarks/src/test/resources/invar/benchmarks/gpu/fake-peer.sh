#!/usr/bin/env bash
# Speaks the protocol of GpuChild and behaves as it is told: fake-peer.sh WHAT PART MILLISECONDS
# WHAT it does where a request contains PART (everywhere if PART is -): works, errs, fails, hangs, ends, fills (runs out
# of memory); and before any request: absent, vanishes. A call takes so many MILLISECONDS.
what=$1
part=$2
milliseconds=$3
case $what in
    absent) echo "absent there is no such thing here"; exit 0 ;;
    vanishes) exit 3 ;;
esac
echo "here fake NVIDIA H100 80GB HBM3"
while read -r request name form precision warm calls; do
    doing=works
    case "$request $name $form $precision" in *"$part"*) doing=$what ;; esac
    case $doing in
        fails) echo "fail no such kernel"; continue ;;
        fills) echo "fail out of memory"; continue ;;
        hangs) sleep 60 & wait; continue ;;
        ends) exit 3 ;;
    esac
    case $request in
        prepare) if [ $doing = errs ]; then echo "ok $precision 2.5 ; 3 4.9"; else echo "ok $precision 2.5 ; 3 4"; fi ;;
        reference) echo "ok 2.5 ; 3 4" ;;
        memory) echo "ok 123000000" ;;
        ceiling) echo "ok 1e12" ;;
        round)
            answer=ok
            for ((i = 0; i < calls; i++)); do answer="$answer ${milliseconds}e-3"; done
            echo "$answer" ;;
        *) echo ok ;;
    esac
done
