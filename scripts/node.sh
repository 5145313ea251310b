# Sourced: sets $node to a Node 24 or newer. $here is the repository.
node=
case $(node -p 'process.versions.node.split(".")[0] >= 24' 2>/dev/null || true) in
true) node=node ;;
*)
  for candidate in "$here"/node_modules/node-linux-*/bin/node; do
    [ -x "$candidate" ] && node=$candidate
  done
  ;;
esac
if [ -z "$node" ]; then
  echo "redoubt: no Node 24 here. Run 'npm ci' in $here: it brings one along." >&2
  exit 2
fi
