#!/bin/bash
# Whether the server answers that it is alive, without starting a Node for each question.
set -eu
exec 3<>"/dev/tcp/127.0.0.1/${PORT:-3000}"
printf 'GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
read -r -t 4 line <&3
[[ $line == 'HTTP/1.1 200 '* ]]
