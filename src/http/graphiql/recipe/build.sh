#!/bin/sh
# Builds the GraphiQL page and stores it, compressed, in ../assets.
set -eu
cd -P "$(dirname "$0")"

npm ci
npm run build

# The licences of what went into the bundle travel with it.
npm ls --omit=dev --all --parseable | tail -n +2 | LC_ALL=C sort -u | while read -r package; do
  node -p 'const { name, version, license } = require(process.argv[1]); `==== ${name} ${version} (${license})\n`' \
    "$package/package.json"
  find "$package" -maxdepth 1 -type f \( -iname 'licen[cs]e*' -o -iname 'thirdpartynotices*' \) |
    LC_ALL=C sort | while read -r file; do
      tr -d '\r' < "$file"
      printf '\n'
    done
done > dist/licenses.txt

mkdir -p ../assets
rm -f ../assets/*.gz
for file in dist/*; do
  gzip -9 -n -c "$file" > "../assets/${file##*/}.gz"
done
ls -l ../assets
