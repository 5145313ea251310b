import { surveyedSysctls } from '../../cluster/hosts.ts'

/**
 * Reads what hosts.yaml records, with sh and coreutils alone. Each answer is `= NAME`, then its lines led by `|`; the last
 * line is `end`, so that a cut answer is noticed. Nothing on the host is changed: a sysctl is written with its own value,
 * and the shell that lowers its oom_score_adj ends at once.
 */
export const factsScript = `
show() { printf '= %s\\n' "$1"; head -c 65536 | while IFS= read -r line || [ -n "$line" ]; do printf '|%s\\n' "$line"; done; }
file() { [ -r "$2" ] && show "$1" < "$2" || show "$1" < /dev/null; }
date +%s.%N | show time
id -u | show uid
uname -m | show machine
uname -r | show kernel
uname -n | show hostname
nproc | show cpus
file os /etc/os-release
file memory /proc/meminfo
file swaps /proc/swaps
file routes /proc/net/route
systemctl --version 2>/dev/null | head -n 1 | show systemd
stat -f -c %T /sys/fs/cgroup 2>/dev/null | show cgroup
df -Pk / /var/lib 2>/dev/null | show disk
for i in /sys/class/net/*; do printf '%s %s\\n' "\${i##*/}" "$(cat "$i/mtu" 2>/dev/null)"; done | show mtu
{ sh -c 'printf %s -999 > "/proc/$$/oom_score_adj"' 2>/dev/null && echo yes || echo no; } | show oom
{ grep -qw bpf /proc/filesystems && echo yes || echo no; } | show bpf
for p in tar sha256sum dpkg systemctl; do command -v "$p" >/dev/null || echo "$p"; done | show missing
for s in ${surveyedSysctls.join(' ')}; do
  p=/proc/sys/$(echo "$s" | tr . /)
  { v=$(cat "$p") && printf '%s\\n' "$v" > "$p"; } 2>/dev/null && echo "$s yes" || echo "$s no"
done | show sysctls
echo end
`
