#!/usr/bin/env bash
# The image of the Dockerfile, built by buildah, which needs no daemon; its size, and its files in a folder.
#
#   tools/image.sh FOLDER            (as root; FOLDER is new)
#   tools/image.sh --remove FOLDER   and all that was made in it
#
# Prints how large the image is and how much of that it adds to its base, and leaves its files in FOLDER/root. Where
# the base that the Dockerfile pins cannot be pulled, Debian's own Python stands in for it: then everything is built
# and run but those bytes, and it is said. Exit code 3: there is no way to build anything here, and why.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
usage="usage: tools/image.sh [--remove] FOLDER"
remove=
[ "${1-}" != --remove ] || { remove=yes; shift; }
folder=${1:?$usage}
[ -n "$remove" ] || mkdir "$folder"
folder=$(cd "$folder" && pwd)
export BUILDAH_ISOLATION=chroot
ours() { buildah --root "$folder/store" --runroot "$folder/run" "$@"; }
cannot() { echo "tools/image.sh: $*" >&2; exit 3; }

[ "$(id -u)" -eq 0 ] || cannot "without user namespaces set up, an image is built as root"
command -v buildah >/dev/null || cannot "buildah is not installed"

if [ -n "$remove" ]; then
  [ -d "$folder/store" ] || { echo "$usage: $folder was not made by it" >&2; exit 2; }
  ours rm --all >/dev/null 2>&1 || true
  for each in "$folder"/store/*/; do umount "$each" 2>/dev/null || true; done
  rm -rf --one-file-system "$folder"
  exit
fi

pinned=$(sed -n 's/^FROM \([^ ]*\)$/\1/p' "$here/Dockerfile")

# Debian's release and Python's minor version are those of the pinned base; the rest of its bytes are not.
stand_in() {
  local release packages site made
  release=${pinned#*-slim-}
  release=${release%%@*}
  command -v debootstrap >/dev/null || cannot "the base cannot be pulled, and debootstrap is not installed"
  site=$(apt-get indextargets --format '$(SITE) $(SUITE) $(CODENAME)' | awk -v r="$release" '$2 == r || $3 == r {print $1; exit}')
  [ -n "$site" ] || cannot "the base cannot be pulled, and apt knows no source of Debian $release"
  packages=python3,python3-venv,ca-certificates
  debootstrap --variant=minbase --include="$packages" "$release" "$folder/base" "$site" >"$folder/base.log" 2>&1 ||
    cannot "the base cannot be pulled, and debootstrap failed: $(tail -n 1 "$folder/base.log")"
  # As in the pinned base, `python` is in /usr/local and takes packages.
  chroot "$folder/base" python3 -m venv /usr/local
  rm -rf "$folder"/base/var/cache/apt/* "$folder"/base/var/lib/apt/lists/*
  made=$(ours from scratch)
  ours add --quiet "$made" "$folder/base" / >/dev/null
  ours commit --quiet --rm "$made" localhost/stand-in >/dev/null
  rm -rf "$folder/base"
}

base=$pinned
if ! timeout 60 buildah --root "$folder/store" --runroot "$folder/run" pull --quiet "docker.io/library/$pinned" >/dev/null 2>&1; then
  echo "tools/image.sh: the pinned base cannot be pulled here: Debian's own Python stands in for it"
  base=localhost/stand-in
  # A machine that cannot pull may not let other steps be done either, and then nothing is known of the Dockerfile.
  set -E
  trap 'cannot "with a base that stands in, this failed: $BASH_COMMAND"' ERR
  stand_in
fi
sed "s|^FROM [^ ]*|FROM $base|" "$here/Dockerfile" >"$folder/Dockerfile"

# pip finds packages in there as it does out here.
given=()
for each in /etc/pip.conf /etc/xdg/pip "$HOME/.config/pip" "$HOME/.pip" /etc/ssl/certs; do
  [ ! -e "$each" ] || given+=(--volume "$each:$each:ro")
done
ours bud --quiet --format docker --ignorefile "$here/.dockerignore" "${given[@]}" \
  --file "$folder/Dockerfile" --tag localhost/countersign "$here" >"$folder/build.log" 2>&1 ||
  {
    tail -n 40 "$folder/build.log" >&2
    ! grep -qE 'Temporary failure in name resolution|Network is unreachable|NewConnectionError|ReadTimeout' \
      "$folder/build.log" || cannot "what the image is made of cannot be fetched from in there"
    [ "$base" = "$pinned" ] || cannot "with a base that stands in, the image cannot be built"
    exit 1
  }

made=$(ours from localhost/countersign)
ln -sfn "$(ours mount "$made")" "$folder/root"
size() { ours images --format '{{.Size}}' "$1"; }
echo "the image has $(size localhost/countersign), its base $(size "$base") of it"
