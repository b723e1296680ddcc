// `--name value` and `--flag`, each with its default; anything else stops the program.

export function options(defaults, args = process.argv.slice(2)) {
  const chosen = { ...defaults };
  for (let at = 0; at < args.length; at += 1) {
    const name = args[at].replace(/^--/, '');
    if (!args[at].startsWith('--') || !(name in defaults)) {
      console.error(`unknown option ${args[at]}; there are ${Object.keys(defaults).map((known) => `--${known}`).join(', ')}`);
      process.exit(2);
    }
    if (typeof defaults[name] === 'boolean') chosen[name] = true;
    else {
      at += 1;
      chosen[name] = typeof defaults[name] === 'number' ? Number(args[at]) : args[at];
    }
  }
  return chosen;
}
