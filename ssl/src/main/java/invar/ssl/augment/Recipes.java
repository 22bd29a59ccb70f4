package invar.ssl.augment;

import invar.ssl.UserError;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/// The augmentations that the methods were published with.
///
/// NB: crops are bilinear throughout, as in MoCo, SimSiam and SwAV; BYOL, Barlow Twins, VICReg and DINO used bicubic.
/// Images up to [#SMALL] pixels are not blurred, as SimCLR's appendix B.9 and lightly's and solo-learn's CIFAR-10
/// recipes have it, and SimCLR's colour strength is then ½.
public final class Recipes {

    /// The largest side in pixels that counts as small: CIFAR's 32 and Tiny ImageNet's 64.
    public static final int SMALL = 64;

    private static final Map<String, IntFunction<Recipe>> BY_NAME = new LinkedHashMap<>();
    static {
        BY_NAME.put("simclr", size -> simClr(size, size <= SMALL ? 0.5 : 1, size > SMALL));
        BY_NAME.put("moco-v1", Recipes::mocoV1);
        BY_NAME.put("instdisc", Recipes::instDisc);
        BY_NAME.put("moco-v2", size -> mocoV2(size, size > SMALL));
        BY_NAME.put("byol", size -> byol(size, size > SMALL));
        BY_NAME.put("moco-v3", size -> mocoV3(size, size > SMALL));
        BY_NAME.put("swav", size -> swav(size, local(size), 6, size > SMALL));
        BY_NAME.put("dino", size -> dino(size, local(size), 8, size > SMALL));
        BY_NAME.put("rotnet", Recipes::rotNet);
        BY_NAME.put("jigsaw", Recipes::jigsaw);
        BY_NAME.put("cpc", Recipes::cpc);
        BY_NAME.put("weak", Recipes::weak);
        BY_NAME.put("fixmatch", Recipes::fixMatch);
        BY_NAME.put("drawings", Recipes::drawings);
        BY_NAME.put("simclr-drawings", Recipes::simClrDrawings);
        BY_NAME.put("simclr-shapes", Recipes::simClrShapes);
        BY_NAME.put("crop-flip", Recipes::cropFlip);
        BY_NAME.put("none", Recipes::none);
    }

    private Recipes() {}

    /// The names that [#named] knows.
    public static List<String> names() {
        return List.copyOf(BY_NAME.keySet());
    }

    /// A recipe with its published settings for images of `size` × `size`.
    ///
    /// @throws UserError if there is no such recipe
    public static Recipe named(String name, int size) {
        IntFunction<Recipe> recipe = BY_NAME.get(name);
        if (recipe == null)
            throw new UserError("No augmentation recipe is called '" + name + "'; there are "
                    + String.join(", ", BY_NAME.keySet()) + ".");
        return recipe.apply(size);
    }

    /// SimCLR: Chen et al., ICML 2020, [arXiv:2002.05709](https://arxiv.org/abs/2002.05709), appendix A; crops from 8 %
    /// of the area, both views alike.
    ///
    /// @param strength of the colours: 1 for ImageNet, ½ for CIFAR-10 (appendix B.9)
    /// @param blur half of the images, kernel a tenth of the side
    public static Recipe simClr(int size, double strength, boolean blur) {
        Compose view = view(size, 0.08, 1, jitter(0.8 * strength, 0.8 * strength, 0.2 * strength), blur ? 0.5 : 0, 0);
        return twice("simclr", "Chen et al. 2020, arXiv:2002.05709, appendix A", view);
    }

    /// MoCo v1, and instance discrimination on ImageNet: He et al. 2019,
    /// [arXiv:1911.05722](https://arxiv.org/abs/1911.05722), Sec. 3.3, with the official code's settings: grey first,
    /// every image jittered, hue up to 0.4.
    public static Recipe mocoV1(int size) {
        return twice("moco-v1", "He et al. 2019, arXiv:1911.05722, Sec. 3.3; facebookresearch/moco",
                Compose.of(new RandomResizedCrop(size, 0.2), new Grayscale(0.2),
                        new ColorJitter(0.4, 0.4, 0.4, 0.4, 1), new HorizontalFlip(0.5)));
    }

    /// Instance discrimination on CIFAR-10: Wu et al., CVPR 2018, [arXiv:1805.01978](https://arxiv.org/abs/1805.01978),
    /// official code, `cifar.py`: as [#mocoV1], but jitter before grey, and no flips.
    public static Recipe instDisc(int size) {
        return twice("instdisc", "Wu et al. 2018, arXiv:1805.01978; zhirongw/lemniscate.pytorch, cifar.py",
                Compose.of(new RandomResizedCrop(size, 0.2), new ColorJitter(0.4, 0.4, 0.4, 0.4, 1),
                        new Grayscale(0.2)));
    }

    /// MoCo v2 and SimSiam: Chen et al. 2020, [arXiv:2003.04297](https://arxiv.org/abs/2003.04297); crops from 20 %.
    public static Recipe mocoV2(int size, boolean blur) {
        return twice("moco-v2", "Chen et al. 2020, arXiv:2003.04297; facebookresearch/moco",
                view(size, 0.2, 1, jitter(0.4, 0.4, 0.1), blur ? 0.5 : 0, 0));
    }

    /// BYOL, and after it Barlow Twins and VICReg: Grill et al., NeurIPS 2020,
    /// [arXiv:2006.07733](https://arxiv.org/abs/2006.07733), appendix B, table 6. The first view is always blurred,
    /// the second one time in ten; only the second is solarized.
    public static Recipe byol(int size, boolean blur) {
        return new Recipe("byol", "Grill et al. 2020, arXiv:2006.07733, appendix B, table 6",
                unlike(size, 0.08, blur));
    }

    /// MoCo v3 with residual networks: Chen, Xie, He, ICCV 2021, [arXiv:2104.02057](https://arxiv.org/abs/2104.02057),
    /// official code, `CONFIG.md`: as [#byol], but crops from 20 % of the area. With transformers they are from 8 %.
    public static Recipe mocoV3(int size, boolean blur) {
        return new Recipe("moco-v3", "Chen, Xie, He 2021, arXiv:2104.02057; facebookresearch/moco-v3, CONFIG.md",
                unlike(size, 0.2, blur));
    }

    private static List<Compose> unlike(int size, double minScale, boolean blur) {
        ColorJitter jitter = jitter(0.4, 0.2, 0.1);
        return List.of(view(size, minScale, 1, jitter, blur ? 1 : 0, 0),
                view(size, minScale, 1, jitter, blur ? 0.1 : 0, 0.2));
    }

    /// SwAV's multi-crop: Caron et al., NeurIPS 2020, [arXiv:2006.09882](https://arxiv.org/abs/2006.09882), Sec. 4 and
    /// the official code: two views from 14 % of the area, then `locals` small ones from 5 % to 14 %.
    public static Recipe swav(int size, int localSize, int locals, boolean blur) {
        ColorJitter jitter = jitter(0.8, 0.8, 0.2);
        List<Compose> views = new ArrayList<>(
                Collections.nCopies(2, view(size, 0.14, 1, jitter, blur ? 0.5 : 0, 0)));
        views.addAll(Collections.nCopies(locals, view(localSize, 0.05, 0.14, jitter, blur ? 0.5 : 0, 0)));
        return new Recipe("swav", "Caron et al. 2020, arXiv:2006.09882, Sec. 4; facebookresearch/swav", views);
    }

    /// DINO's multi-crop: Caron et al., ICCV 2021, [arXiv:2104.14294](https://arxiv.org/abs/2104.14294), Sec. 3.1 and
    /// the official code's ViT settings: two views from 40 % of the area, then `locals` small ones from 5 % to 40 %.
    public static Recipe dino(int size, int localSize, int locals, boolean blur) {
        ColorJitter jitter = jitter(0.4, 0.2, 0.1);
        List<Compose> views = new ArrayList<>();
        views.add(view(size, 0.4, 1, jitter, blur ? 1 : 0, 0));
        views.add(view(size, 0.4, 1, jitter, blur ? 0.1 : 0, 0.2));
        views.addAll(Collections.nCopies(locals, view(localSize, 0.05, 0.4, jitter, blur ? 0.5 : 0, 0)));
        return new Recipe("dino", "Caron et al. 2021, arXiv:2104.14294, Sec. 3.1; facebookresearch/dino", views);
    }

    /// RotNet: Gidaris et al., ICLR 2018, [arXiv:1803.07728](https://arxiv.org/abs/1803.07728), official code: for
    /// small images padding 4 at 32 pixels, an eighth of the side elsewhere, for large ones crops from 8 % of the area;
    /// and flips. One view; the method does the turning, which must come after the flip.
    public static Recipe rotNet(int size) {
        Augmentation crop = size <= SMALL ? new RandomCrop(size, size / 8) : new RandomResizedCrop(size, 0.08);
        return new Recipe("rotnet", "Gidaris et al. 2018, arXiv:1803.07728; gidariss/FeatureLearningRotNet",
                List.of(Compose.of(crop, new HorizontalFlip(0.5))));
    }

    /// The jigsaw puzzle: Noroozi, Favaro, ECCV 2016, [arXiv:1603.09246](https://arxiv.org/abs/1603.09246), with flip
    /// and grey as VISSL has them (`jigsaw_8gpu_resnet.yaml`; in the paper 30 % are grey). Nine tiles of 64 pixels in
    /// cells of 75 in 225 of 256 pixels, as in the paper, in proportion for other sizes; small images are used to the
    /// edge: at 32 pixels tiles of 8 in cells of 10.
    ///
    /// One view, the tiles side by side in their places; the method does the shuffling.
    ///
    /// NB: the paper also shifts the colour channels by up to 2 pixels, against the colour fringes of lenses.
    ///
    /// @throws UserError below 9 pixels, where tiles would be single pixels
    public static Recipe jigsaw(int size) {
        if (size < 9) {
            throw new UserError("The augmentation jigsaw needs images of at least 9 pixels a side, not " + size + ".");
        }
        int grid = 3, cell = size <= SMALL ? size / grid : size * 75 / 256, tile = cell * 64 / 75;
        return new Recipe("jigsaw", "Noroozi, Favaro 2016, arXiv:1603.09246, Sec. 3; facebookresearch/vissl",
                List.of(Compose.of(new HorizontalFlip(0.5), new RandomCrop(grid * cell, 0), new Grayscale(0.66),
                        new JigsawTiles(grid, cell, tile))));
    }

    /// CPC v2: Hénaff et al., ICML 2020, [arXiv:1905.09272](https://arxiv.org/abs/1905.09272): one view, a mosaic of
    /// 6 × 6 patches, of 80 pixels at stride 36 in an image of 260, and in proportion in others; patches three apart do
    /// not overlap. Each is mirrored, loses two channels, is jittered and made grey for itself.
    ///
    /// Departures: images up to [#SMALL] pixels have 3 × 3 patches of half their side, which do not overlap two apart
    /// (16 at stride 8 in one of 32): a step takes about half as long as with 5 × 5 patches of 10 pixels, and less than
    /// a third as long as with 6 × 6 of 12. Of the paper's changes, two random primitives of AutoAugment, elastic
    /// deformation, shear and histograms are left out. How strong the jitter is and how often colours are dropped, and
    /// the crop from half of the area, are of this project.
    public static Recipe cpc(int size) {
        int grid = size <= SMALL ? 3 : 6;
        int stride = size <= SMALL ? Math.max(1, size / 4) : (int) Math.rint(size * 36 / 260.0);
        Compose changes = Compose.of(new HorizontalFlip(0.5), new ColorDropping(0.5), jitter(0.4, 0.4, 0.1),
                new Grayscale(0.25));
        return new Recipe("cpc", "Hénaff et al. 2020, arXiv:1905.09272, with this project's changes",
                List.of(Compose.of(new RandomResizedCrop(size, 0.5), new HorizontalFlip(0.5),
                        new Patches(grid, size - (grid - 1) * stride, stride, changes))));
    }

    /// FixMatch's weak augmentation, for both views: flips, and shifts by an eighth of the side (4 of 32 pixels), what
    /// comes in being mirrored. Sohn et al., NeurIPS 2020, [arXiv:2001.07685](https://arxiv.org/abs/2001.07685), Sec.
    /// 2.3; the official code has it for the Π-model and Mean Teacher too.
    public static Recipe weak(int size) {
        return twice("weak", "Sohn et al. 2020, arXiv:2001.07685, Sec. 2.3; google-research/fixmatch",
                Compose.of(weakSteps(size)));
    }

    /// FixMatch's two views: a weak one and a strong one, which is weak, then two operations of [RandAugment], then
    /// [Cutout] of half the side. Same source, with the settings of the code's `rac`.
    public static Recipe fixMatch(int size) {
        Compose weak = Compose.of(weakSteps(size));
        return new Recipe("fixmatch", "Sohn et al. 2020, arXiv:2001.07685, Sec. 2.3; google-research/fixmatch",
                List.of(weak, weak.then(RandAugment.FIXMATCH).then(new Cutout(size / 2, 0.5))));
    }

    private static Augmentation[] weakSteps(int size) {
        return new Augmentation[] {
            new ResizeCenterCrop(size, 1), new HorizontalFlip(0.5), new RandomShift(size / 8)};
    }

    /// For pairs of drawings of one thing on white, which differ enough by themselves: a mild warp and mild colours.
    /// Not from a paper. No flips: arrows and hands that point left and right are different things.
    public static Recipe drawings(int size) {
        return twice("drawings", "this project", Compose.of(
                new RandomAffine(15, 0.8, 1.15, size / 10.0, 1), new ColorJitter(0.4, 0.4, 0.4, 0.1, 0.8),
                new Grayscale(0.2), new ResizeCenterCrop(size, 1)));
    }

    /// SimCLR's augmentations for pairs of drawings of one thing on white: colours and grey as SimCLR has them for
    /// small images, though a little weaker; crops from 75 % of the area, because a drawing fills its square and means
    /// what all of it shows; a turn, zoom and shift on white, which photos get from the photographer. No flips: arrows
    /// and hands that point left and right are different things.
    public static Recipe simClrDrawings(int size) {
        return twice("simclr-drawings", "Chen et al. 2020, arXiv:2002.05709, appendix A, with this project's changes",
                Compose.of(new RandomAffine(17, 0.8, 1.2, size / 8.0, 1),
                        new RandomResizedCrop(size, 0.75, 1, 3 / 4.0, 4 / 3.0), jitter(0.32, 0.32, 0.1),
                        new Grayscale(0.2)));
    }

    /// SimCLR's augmentations for the drawn [shapes][invar.ssl.data.Shapes], whose class is the outline: a turn by any
    /// angle, a zoom and a shift; crops from 75 % of the area, because a crop from 8 % may show no outline at all; hues
    /// turned by any angle. With SimCLR's own settings colour and texture tell the views of an image apart from
    /// others, and the encoder learns these and not the outline.
    public static Recipe simClrShapes(int size) {
        return twice("simclr-shapes", "Chen et al. 2020, arXiv:2002.05709, appendix A, with this project's changes",
                Compose.of(new RandomAffine(180, 0.8, 1.2, size / 8.0, 0.5),
                        new RandomResizedCrop(size, 0.75, 1, 3 / 4.0, 4 / 3.0), new HorizontalFlip(0.5),
                        jitter(0.4, 0.4, 0.5), new Grayscale(0.2)));
    }

    /// What classifiers are trained with in SimCLR and SimCLR v2: crops from 8 % of the area, and flips. One view. Chen
    /// et al., NeurIPS 2020, [arXiv:2006.10029](https://arxiv.org/abs/2006.10029), Sec. 3.
    public static Recipe cropFlip(int size) {
        return new Recipe("crop-flip", "Chen et al. 2020, arXiv:2006.10029, Sec. 3; google-research/simclr",
                List.of(Compose.of(new RandomResizedCrop(size, 0.08), new HorizontalFlip(0.5))));
    }

    /// Nothing random: the square in the middle at the given size.
    public static Recipe none(int size) {
        return twice("none", "this project", Compose.of(new ResizeCenterCrop(size, 1)));
    }

    /// The order that all of them share: crop, flip, colours, grey, blur, solarize.
    private static Compose view(int size, double minScale, double maxScale, ColorJitter jitter, double blur,
            double solarize) {
        List<Augmentation> steps = new ArrayList<>(List.of(
                new RandomResizedCrop(size, minScale, maxScale, 3 / 4.0, 4 / 3.0), new HorizontalFlip(0.5), jitter,
                new Grayscale(0.2)));
        if (blur > 0) steps.add(new GaussianBlur(kernel(size), 0.1, 2, blur));
        if (solarize > 0) steps.add(new Solarize(0.5, solarize));
        return new Compose(steps);
    }

    private static ColorJitter jitter(double brightnessAndContrast, double saturation, double hue) {
        return new ColorJitter(brightnessAndContrast, brightnessAndContrast, saturation, hue, 0.8);
    }

    /// A tenth of the side, made odd: google-research/simclr, `data_util.py`.
    private static int kernel(int size) {
        return size / 10 / 2 * 2 + 1;
    }

    /// 96 of 224 pixels, as in SwAV and DINO, to the nearest multiple of 8.
    private static int local(int size) {
        return Math.max(8, (int) Math.rint(size * 96 / 224.0 / 8) * 8);
    }

    private static Recipe twice(String name, String source, Compose view) {
        return new Recipe(name, source, List.of(view, view));
    }
}
