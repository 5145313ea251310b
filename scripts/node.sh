# Sourced: sets $node to a Node 24 or newer. $here is the repository.
node=
# The one that npm placed here comes first: to ask the one on PATH for its version takes longer than most commands.
for candidate in "$here"/node_modules/node-linux-*/bin/node; do
  [ -x "$candidate" ] && node=$candidate
done
if [ -z "$node" ] && [ "$(node -p 'process.versions.node.split(".")[0] >= 24' 2>/dev/null)" = true ]; then node=node; fi
if [ -z "$node" ]; then
  echo "redoubt: no Node 24 here. Run 'npm ci' in $here: it brings one along." >&2
  exit 2
fi
# Node keeps what it made of our TypeScript: a command starts in 0.05 s instead of 0.2 s.
export NODE_COMPILE_CACHE="${NODE_COMPILE_CACHE:-$here/node_modules/.cache/node}"
