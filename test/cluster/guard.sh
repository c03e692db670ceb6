# Kills processes and removes a folder when the process that started this one is gone, however it ended.
# Usage: guard.sh FOLDER. Lines on stdin: "+PID" (watch this process), "-PID" (it has ended).
pids=
while read -r line; do
  pid=${line#?}
  case $line in
    +*) pids="$pids $pid" ;;
    -*)
      others=
      for other in $pids; do [ "$other" = "$pid" ] || others="$others $other"; done
      pids=$others
      ;;
  esac
done
for pid in $pids; do kill -KILL "$pid" 2>/dev/null; done
# A dying process may still be writing while its folder goes.
rm -rf "$1" 2>/dev/null || { sleep 1; rm -rf "$1"; }
