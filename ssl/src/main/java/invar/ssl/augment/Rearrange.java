package invar.ssl.augment;

/// Operations that only move pixels: on (C, H, W) row-major floats inside larger arrays, such as a batch.
public final class Rearrange {

    private Rearrange() {}

    /// Reverses the columns, in place.
    public static void flip(ImageBuffer image) {
        int height = image.height(), width = image.width();
        for (int c = 0; c < ImageBuffer.CHANNELS; c++) {
            float[] x = image.plane(c);
            for (int row = 0; row < height; row++)
                for (int i = row * width, j = i + width - 1; i < j; i++, j--) {
                    float swap = x[i];
                    x[i] = x[j];
                    x[j] = swap;
                }
        }
    }

    /// Turns a square image counter-clockwise by `turns` quarter turns: the top right pixel goes to the top left.
    ///
    /// Gidaris, Singh, Komodakis, "Unsupervised representation learning by predicting image rotations", ICLR 2018,
    /// [arXiv:1803.07728](https://arxiv.org/abs/1803.07728); the official code's `rotate_img`.
    ///
    /// @param x the image from `xAt` on, (channels, side, side)
    /// @param y receives the turned image from `yAt` on; must not overlap x
    /// @param turns 0 … 3
    public static void rotate90(float[] x, int xAt, float[] y, int yAt, int channels, int side, int turns) {
        int area = side * side, last = side - 1;
        for (int c = 0; c < channels; c++)
            for (int row = 0; row < side; row++)
                for (int column = 0; column < side; column++) {
                    int from = switch (turns) {
                        case 0 -> row * side + column;
                        case 1 -> column * side + last - row;
                        case 2 -> (last - row) * side + last - column;
                        case 3 -> (last - column) * side + row;
                        default -> throw new IllegalArgumentException("rotate90: turns must be 0 … 3 but is " + turns);
                    };
                    y[yAt + c * area + row * side + column] = x[xAt + c * area + from];
                }
    }

    /// Cuts an image into grid × grid equal tiles, numbered row by row, and lays tile `order[i]` at place i.
    ///
    /// Noroozi, Favaro, "Unsupervised learning of visual representations by solving jigsaw puzzles", ECCV 2016,
    /// [arXiv:1603.09246](https://arxiv.org/abs/1603.09246), Sec. 3.
    ///
    /// @param x the image from `xAt` on, (channels, height, width)
    /// @param y receives (grid², channels, height / grid, width / grid) from `yAt` on; must not overlap x
    /// @param order a permutation of 0 … grid² − 1
    /// @throws IllegalArgumentException if the grid does not divide both sides, or `order` has not grid² entries
    public static void jigsaw(float[] x, int xAt, float[] y, int yAt, int channels, int height, int width, int grid,
            int[] order) {
        if (height % grid != 0 || width % grid != 0)
            throw new IllegalArgumentException("jigsaw: a grid of " + grid + " must divide the image, which is "
                    + height + " x " + width);
        if (order.length != grid * grid)
            throw new IllegalArgumentException("jigsaw: " + grid * grid + " tiles need an order of that many, not "
                    + order.length);
        int tileHeight = height / grid, tileWidth = width / grid, to = yAt;
        for (int tile : order) {
            int top = tile / grid * tileHeight, left = tile % grid * tileWidth;
            for (int c = 0; c < channels; c++)
                for (int row = 0; row < tileHeight; row++, to += tileWidth)
                    System.arraycopy(x, xAt + (c * height + top + row) * width + left, y, to, tileWidth);
        }
    }
}
