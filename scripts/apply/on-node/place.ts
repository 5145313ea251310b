import { Readable } from 'node:stream'
import { paddingOf, tarHeader, trailerSize } from '../../../bundles/tar.ts'
import type { TreeEntry } from '../../../cluster/files.ts'
import { fail } from '../../../lib/errors.ts'
import type { Source } from './sources.ts'

/** A file to place and where its bytes come from. */
export interface Placed {
  entry: Pick<TreeEntry, 'path' | 'mode' | 'owner' | 'size'>
  source: Source
}

const list = '.redoubt-list'

/**
 * Takes a tar stream into the staging folder ($1), then renames each file to its place in the order of the list, which is the last
 * entry: a stream that was cut off has none and nothing is placed. Where staging and place are on different file systems the file is
 * copied beside its place first. A name that begins with a dot is ignored by the kubelet, CNI and systemd.
 *
 * With $2 the files are manifests of static pods: the old ones are taken away first, and the new ones placed $2 seconds after the old
 * processes have ended (comm in proc(5) holds 15 characters of a name). A kubelet that sees a new manifest while the old pod is
 * still ending looks again only after 10 to 15 s (kubelet/pod_workers.go, allowStaticPodStart), and by then the controllers have lost
 * their leases. etcd goes last, when all others have ended: an API server without etcd neither works nor ends. Then comes what changes
 * hands with them ($3 $4 $5, and so on: mode, owner, path; a folder with all that is within): neither the old process nor the new one is there.
 */
export const placeScript = `set -eu
stage=$1 swap=\${2-}
rm -rf -- "$stage"
mkdir -p -- "\${stage%/*}" "$stage"
chmod 700 -- "\${stage%/*}" "$stage"
tar -x -p --no-same-owner -f - -C "$stage"
[ -f "$stage/${list}" ] || { echo 'the stream of files was cut off; nothing was placed' >&2; exit 1; }
device=$(stat -c %d -- "$stage")
last=
take() {
  pids= tries=0
  while read -r owner path; do
    name=\${path##*/} name=$(printf %.15s "\${name%.yaml}")
    case $name in etcd) [ "$1" = etcd ] || continue ;; *) [ "$1" != etcd ] || continue ;; esac
    for p in /proc/[0-9]*/comm; do
      { read -r comm < "$p"; } 2>/dev/null && [ "$comm" = "$name" ] && p=\${p%/comm} && pids="$pids \${p#/proc/}"
    done || :
    rm -f -- "$path"
  done < "$stage/${list}"
  for pid in $pids; do
    while [ -e "/proc/$pid" ]; do
      tries=$((tries + 1))
      [ $tries -lt 450 ] || { echo "process $pid does not end within 45 s of its manifest being taken away" >&2; exit 1; }
      sleep 0.1
    done
  done
}
if [ -n "$swap" ]; then
  take others
  take etcd
  shift 2
  while [ $# -gt 0 ]; do
    chown -- "$2" "$3"
    chmod -- "$1" "$3"
    [ ! -d "$3" ] || chown -R -h -- "$2" "$3"
    shift 3
  done
  sleep "$swap"
fi
while read -r owner path; do
  folder=\${path%/*}
  if [ "$folder" != "$last" ]; then
    [ -d "$folder" ] || (umask 022 && mkdir -p -- "$folder")
    last=$folder
    there=$(stat -c %d -- "$folder")
  fi
  new=$stage$path
  [ "$owner" = root:root ] || chown -- "$owner" "$new"
  if [ "$device" != "$there" ]; then
    new=$folder/.\${path##*/}.redoubt-new
    cp -p -- "$stage$path" "$new"
  fi
  mv -fT -- "$new" "$path"
done < "$stage/${list}"
rm -rf -- "$stage"
`

/** A tar stream of the files, closed by the list. `onBytes` hears of each chunk's size. */
export function placeStream(files: readonly Placed[], onBytes?: (count: number) => void): Readable {
  return Readable.from(entries(files, onBytes))
}

async function* entries(files: readonly Placed[], onBytes?: (count: number) => void): AsyncGenerator<Uint8Array> {
  for (const { entry, source } of files) {
    yield tarHeader({ path: `.${entry.path}`, type: 'file', mode: Number.parseInt(entry.mode, 8), size: entry.size })
    let size = 0
    for await (const chunk of await source()) {
      size += chunk.length
      onBytes?.(chunk.length)
      yield chunk
    }
    if (size !== entry.size)
      fail('integrity', `has ${size} bytes, its tree says ${entry.size}`, {
        where: entry.path,
        hint: 'Run `redoubt render` again.',
      })
    yield Buffer.alloc(paddingOf(size))
  }
  const text = Buffer.from(files.map(({ entry }) => `${entry.owner} ${entry.path}\n`).join(''))
  yield tarHeader({ path: list, type: 'file', mode: 0o600, size: text.length })
  yield text
  yield Buffer.alloc(paddingOf(text.length) + trailerSize)
}
