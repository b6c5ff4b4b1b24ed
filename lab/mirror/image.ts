import type { Content } from './tree.ts';
import type { Piece } from '../pieces/piece.ts';

/** One layer of an image; images that have the same layer share it. */
export interface Layer {
  /** A name that tells it from other layers. */
  name: string;
  /** A piece whose whole directory is the layer's file system. */
  root?: Piece;
  /** Files by absolute path, over those of `root`. */
  files?: Record<string, Content>;
}

/** A container image, as data. */
export interface Image {
  /** Repository and tags, without the registry. */
  repositories: readonly string[];
  tags: readonly string[];
  layers: readonly Layer[];
  entrypoint?: readonly string[];
  command?: readonly string[];
  user?: string;
  ports?: readonly string[];
  stopSignal?: string;
}
