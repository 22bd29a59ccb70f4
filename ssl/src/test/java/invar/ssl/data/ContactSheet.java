package invar.ssl.data;

import invar.ssl.augment.Compose;
import invar.ssl.augment.ImageBuffer;
import invar.ssl.augment.Recipe;
import invar.ssl.augment.Recipes;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/// Draws many images of a data set into one PNG, to be looked at: every drawing of an item in a row, then, if a recipe
/// is named, some views of each. Run by hand: `java -cp … invar.ssl.data.ContactSheet DATA FILE.png [RECIPE [SIDE]]`
final class ContactSheet {

    private static final int ROWS = 20, VIEWS = 6, COLUMNS = 4;

    private ContactSheet() {}

    /// Arguments as above.
    public static void main(String[] args) throws IOException {
        int side = args.length > 3 ? Integer.parseInt(args[3]) : 0;
        Dataset data = Datasets.open(args[0], Datasets.Options.DEFAULT.withSide(side)).train();
        Recipe recipe = args.length > 2 ? Recipes.named(args[2], data.shape().width()) : null;
        int width = data.shape().width() + 2, height = data.shape().height() + 2;
        int perItem = data.drawings() + (recipe == null ? 0 : VIEWS);
        BufferedImage sheet = new BufferedImage(COLUMNS * perItem * width, ROWS * height, BufferedImage.TYPE_INT_RGB);
        byte[] pixels = new byte[data.shape().size()];
        for (int k = 0; k < ROWS * COLUMNS; k++) {
            int item = (int) ((long) k * data.size() / (ROWS * COLUMNS));
            int left = k % COLUMNS * perItem * width, top = k / COLUMNS * height;
            for (int d = 0; d < data.drawings(); d++) {
                data.read(item, d, pixels);
                paint(sheet, pixels, data.shape(), left + d * width, top);
            }
            for (int v = data.drawings(); v < perItem; v++) {
                data.read(item, v % data.drawings(), pixels);
                Compose view = recipe.views().get(v % recipe.views().size());
                ImageBuffer image = new ImageBuffer().load(pixels, data.shape().height(), data.shape().width());
                view.apply(image, 1, 0, item, v);
                byte[] out = new byte[3 * image.area()];
                image.copyTo(out);
                paint(sheet, out, new ImageShape(3, image.height(), image.width()), left + v * width, top);
            }
        }
        ImageIO.write(sheet, "png", Path.of(args[1]).toFile());
    }

    private static void paint(BufferedImage sheet, byte[] rgb, ImageShape shape, int left, int top) {
        int n = shape.height() * shape.width();
        for (int i = 0; i < n; i++)
            sheet.setRGB(left + i % shape.width(), top + i / shape.width(),
                    (rgb[i] & 0xFF) << 16 | (rgb[n + i] & 0xFF) << 8 | rgb[2 * n + i] & 0xFF);
    }
}
