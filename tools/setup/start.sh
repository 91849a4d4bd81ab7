#!/usr/bin/env bash
# npm start: sets the machine up, builds apps/web-server into a bootable image and boots it. Ctrl-C ends all.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
set_up start --filter=@soloist-apps/web-server...
exec soloist run apps/web-server -p "${PORT:-8080}:80"
