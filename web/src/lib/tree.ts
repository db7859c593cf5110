// The plant as a tree, made of the assets' paths. Levels that are no asset themselves are there too, as places. Pure.
export type Named = { name: string; display_names?: Record<string, string> };

export type TreeNode = {
  path: string;
  label: string; // the last level, as it is in the path
  asset: Named | undefined;
  children: TreeNode[];
  assets: number; // at and below it
};

export type TreeRow = { node: TreeNode; level: number; expanded: boolean; position: number; siblings: number };

const collator = new Intl.Collator(undefined, { numeric: true });

export function buildTree(assets: readonly Named[]): TreeNode {
  const root: TreeNode = { path: '', label: '', asset: undefined, children: [], assets: 0 };
  const byPath = new Map<string, TreeNode>([['', root]]);
  const place = (path: string): TreeNode => {
    const known = byPath.get(path);
    if (known) return known;
    const cut = path.lastIndexOf('/');
    const node: TreeNode = { path, label: path.slice(cut + 1), asset: undefined, children: [], assets: 0 };
    byPath.set(path, node);
    place(cut < 0 ? '' : path.slice(0, cut)).children.push(node);
    return node;
  };
  for (const asset of assets) place(asset.name).asset = asset;
  finish(root);
  return root;
}

// "press10" stands behind "press9".
function finish(node: TreeNode): number {
  node.children.sort((a, b) => collator.compare(a.label, b.label));
  node.assets = node.children.reduce((sum, child) => sum + finish(child), node.asset ? 1 : 0);
  return node.assets;
}

export function findNode(root: TreeNode, path: string): TreeNode | undefined {
  let node: TreeNode | undefined = root;
  for (const level of path === '' ? [] : path.split('/')) node = node?.children.find((child) => child.label === level);
  return node;
}

// The paths above it, and not itself.
export function pathsAbove(path: string): string[] {
  const levels = path.split('/');
  return levels.slice(1).map((_, index) => levels.slice(0, index + 1).join('/'));
}

// All that a search for `text` leaves: what matches by its path or a name in any language, with all above it.
export function searchTree(root: TreeNode, text: string): TreeNode {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = (node: TreeNode) => {
    const all = [node.path, ...Object.values(node.asset?.display_names ?? {})].join('\n').toLowerCase();
    return words.every((word) => all.includes(word));
  };
  const keep = (node: TreeNode): TreeNode | undefined => {
    const children = node.children.flatMap((child) => keep(child) ?? []);
    const itself = node.asset && matches(node) ? node.asset : undefined;
    if (children.length === 0 && !itself) return undefined;
    const assets = children.reduce((sum, child) => sum + child.assets, itself ? 1 : 0);
    return { ...node, children, assets };
  };
  return keep(root) ?? { ...root, children: [], assets: 0 };
}

// What is to be seen, from top to bottom; `expanded` says of a path whether what is below it shows.
export function rowsOf(root: TreeNode, expanded: (path: string) => boolean): TreeRow[] {
  const rows: TreeRow[] = [];
  const add = (nodes: TreeNode[], level: number) => {
    nodes.forEach((node, index) => {
      const open = node.children.length > 0 && expanded(node.path);
      rows.push({ node, level, expanded: open, position: index + 1, siblings: nodes.length });
      if (open) add(node.children, level + 1);
    });
  };
  add(root.children, 1);
  return rows;
}
