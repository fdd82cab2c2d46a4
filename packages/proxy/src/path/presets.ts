import type { AllowedPaths } from "./allow-list.js";

/** Development servers whose paths are known. */
export type ChatAppPreset = "vite" | "next";

/**
 * What the development servers need beside the default paths. Vite's `/@fs/` serves files by their absolute
 * path and is left out on purpose; so are the endpoints of both that open an editor or read source files.
 */
export const PRESETS: Readonly<Record<ChatAppPreset, AllowedPaths>> = {
  vite: {
    // The page, the client of hot updates, and where it asks whether the server is back.
    exactPaths: ["/index.html", "/@react-refresh", "/@vite-plugin-checker-runtime", "/vite.svg"],
    pathPrefixes: ["/@vite/", "/@id/", "/src/", "/node_modules/"],
  },
  next: {
    // Chunks, data, images, and the socket of hot updates at /_next/webpack-hmr.
    exactPaths: [],
    pathPrefixes: ["/_next/", "/__nextjs_font/"],
  },
};
