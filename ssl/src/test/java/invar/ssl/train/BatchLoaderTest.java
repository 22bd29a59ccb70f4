package invar.ssl.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import invar.ssl.UserError;
import invar.ssl.augment.ImageBuffer;
import invar.ssl.augment.Recipe;
import invar.ssl.augment.Recipes;
import invar.ssl.data.Dataset;
import invar.ssl.data.ImageShape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class BatchLoaderTest {

    private static final int SIDE = 9;
    private static final long SEED = 3;

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 7, 31})
    void showsEveryImageOnceAnEpochAndLeavesOutWhatFillsNoBatch(int batch) {
        Dataset data = new NoiseImages(31, SIDE);
        try (BatchLoader loader = loader(data, "simclr", batch, 2, 2)) {
            assertThat(loader.stepsPerEpoch()).isEqualTo(31 / batch);
            List<Integer> first = epoch(loader, 0), second = epoch(loader, 1);
            assertThat(first).hasSize(31 / batch * batch).doesNotHaveDuplicates()
                    .allSatisfy(image -> assertThat(image).isBetween(0, 30));
            assertThat(second).hasSameSizeAs(first).doesNotHaveDuplicates().isNotEqualTo(first);
        }
    }

    @Test
    void leavesOutOtherImagesInEachEpoch() {
        try (BatchLoader loader = loader(new NoiseImages(5, SIDE), "none", 4, 30, 1)) {
            List<Integer> left = new ArrayList<>(IntStream.range(0, 5).boxed().toList());
            for (int epoch = 0; epoch < 30; epoch++) left.removeIf(epoch(loader, epoch)::contains);
            assertThat(left).isEmpty();
        }
    }

    /// A batch of 70 images is three tasks, so that three workers have something to do.
    @ParameterizedTest
    @ValueSource(ints = {2, 3, 7})
    void makesTheSameBatchesWithAnyNumberOfWorkers(int workers) {
        Dataset data = new NoiseImages(150, SIDE);
        try (BatchLoader one = loader(data, "simclr", 70, 3, 1); BatchLoader many = loader(data, "simclr", 70, 3,
                workers)) {
            for (long step = 0; step < 6; step++) assertSame(copy(one.take(step)), many.take(step));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 7, 8})
    void beginsAnywhereWithTheBatchesOfThatPlace(int first) {
        Dataset data = new NoiseImages(13, SIDE);
        try (BatchLoader whole = loader(data, "byol", 4, 3, 2); BatchLoader part = loader(data, "byol", 4, 3, 2)) {
            for (long step = 0; step < 9; step++) {
                Batch expected = copy(whole.take(step));
                if (step >= first) assertSame(expected, part.take(step));
            }
        }
    }

    @Test
    void drawsEachViewByEpochImageAndViewAlone() {
        Dataset data = new NoiseImages(6, SIDE);
        Recipe recipe = Recipes.named("simclr", SIDE);
        try (BatchLoader loader = loader(data, "simclr", 3, 2, 2)) {
            for (long step = 0; step < 4; step++) {
                Batch batch = loader.take(step);
                for (int i = 0; i < 3; i++) {
                    for (int view = 0; view < 2; view++) {
                        byte[] bytes = new byte[data.shape().size()];
                        data.read(batch.images()[i], bytes);
                        ImageBuffer image = new ImageBuffer().load(bytes, SIDE, SIDE);
                        recipe.views().get(view).apply(image, SEED, step / 2, batch.images()[i], view);
                        float[] expected = new float[3 * SIDE * SIDE], actual = new float[3 * SIDE * SIDE];
                        image.copyTo(expected, 0);
                        System.arraycopy(batch.views()[view], i * actual.length, actual, 0, actual.length);
                        assertThat(actual).isEqualTo(expected);
                    }
                }
            }
        }
    }

    @Test
    void makesTheSecondViewOfTheSecondDrawing() {
        Dataset two = new NoiseImages(4, SIDE, 2);
        try (BatchLoader loader = loader(two, "none", 4, 1, 1)) {
            Batch batch = loader.take(0);
            byte[] bytes = new byte[two.shape().size()];
            for (int view = 0; view < 2; view++) {
                two.read(batch.images()[3], view, bytes);
                assertThat(batch.views()[view][3 * bytes.length]).isEqualTo((bytes[0] & 0xFF) / 255f);
            }
        }
    }

    @Test
    void keepsABatchUntilTheNextIsTaken() throws InterruptedException {
        try (BatchLoader loader = loader(new NoiseImages(64, SIDE), "simclr", 4, 2, 3)) {
            for (long step = 0; step < 8; step++) {
                Batch taken = loader.take(step), then = copy(taken);
                Thread.sleep(5);                                  // the workers go ahead meanwhile
                assertSame(then, taken);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void passesOnWhatAReadThrows(int workers) {
        RuntimeException failure = new IllegalStateException("the disk is gone");
        try (BatchLoader loader = loader(failing(failure), "none", 4, 1, workers)) {
            loader.take(0);
            assertThatThrownBy(() -> {
                for (long step = 1; step < 5; step++) loader.take(step);
            }).isSameAs(failure);
        }
    }

    @Test
    void passesOnThatMemoryRanOut() {
        Error failure = new OutOfMemoryError("Java heap space");
        try (BatchLoader loader = loader(failing(failure), "none", 20, 1, 1)) {
            assertThatThrownBy(() -> loader.take(0)).isSameAs(failure);
        }
    }

    @Test
    void refusesABatchLargerThanTheData() {
        assertThatThrownBy(() -> loader(new NoiseImages(7, SIDE), "none", 8, 1, 1)).isInstanceOf(UserError.class)
                .hasMessage("The batch of 8 is larger than the data: there are 7 training images.");
        loader(new NoiseImages(7, SIDE), "none", 7, 1, 1).close();
    }

    @Test
    void refusesABatchLargerThanAnArray() {
        assertThatThrownBy(() -> new BatchLoader(
                new NoiseImages(1000, 1024), Recipes.named("none", 1024), 700, 1, SEED, 1))
                .isInstanceOf(UserError.class).hasMessageContaining("700 images of 1024 × 1024 pixels");
    }

    @Test
    void makesEveryViewInItsOwnSize() {
        try (BatchLoader loader = new BatchLoader(new NoiseImages(9, 32), Recipes.named("dino", 32), 4, 1, SEED, 1)) {
            Batch batch = loader.take(0);
            assertThat(loader.views()).isEqualTo(10);
            for (int v = 0; v < 10; v++) {
                int side = v < 2 ? 32 : 16;
                assertThat(loader.side(v)).isEqualTo(side);
                assertThat(batch.views()[v]).hasSize(4 * 3 * side * side);
            }
        }
    }

    @Test
    void makesTheSameBatchesAgain() {
        try (BatchLoader loader = loader(new NoiseImages(8, SIDE), "simclr", 4, 3, 1);
                BatchLoader again = loader.again()) {
            for (int step = 0; step < 2; step++) assertSame(again.take(step), copy(loader.take(step)));
            assertThatIllegalArgumentException().isThrownBy(() -> again.take(2));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, 0, 1, 3, 4})
    void refusesAStepOutOfOrder(long next) {
        try (BatchLoader loader = loader(new NoiseImages(8, SIDE), "none", 2, 1, 1)) {
            loader.take(1);
            assertThatIllegalArgumentException().isThrownBy(() -> loader.take(next));
            loader.take(2);
        }
    }

    private static BatchLoader loader(Dataset data, String recipe, int batch, int epochs, int workers) {
        return new BatchLoader(data, Recipes.named(recipe, SIDE), batch, epochs, SEED, workers);
    }

    private static List<Integer> epoch(BatchLoader loader, long epoch) {
        List<Integer> images = new ArrayList<>();
        for (long step = 0; step < loader.stepsPerEpoch(); step++) {
            for (int image : loader.take(epoch * loader.stepsPerEpoch() + step).images()) images.add(image);
        }
        return images;
    }

    private static Batch copy(Batch batch) {
        float[][] views = new float[batch.views().length][];
        for (int v = 0; v < views.length; v++) views[v] = batch.views()[v].clone();
        return new Batch(views, batch.images().clone());
    }

    private static void assertSame(Batch expected, Batch actual) {
        assertThat(actual.images()).isEqualTo(expected.images());
        assertThat(actual.views()).isDeepEqualTo(expected.views());
    }

    /// Twenty images of which one cannot be read: it is not in the first batch of four.
    private static Dataset failing(Throwable failure) {
        int unreadable;
        try (BatchLoader order = loader(new NoiseImages(20, SIDE), "none", 4, 1, 1)) {
            order.take(0);
            order.take(1);
            order.take(2);
            unreadable = order.take(3).images()[0];
        }
        return new FailingImages(new NoiseImages(20, SIDE), unreadable, failure);
    }

    private record FailingImages(NoiseImages images, int unreadable, Throwable failure) implements Dataset {

        @Override
        public String name() {
            return "failing";
        }

        @Override
        public int size() {
            return images.size();
        }

        @Override
        public ImageShape shape() {
            return images.shape();
        }

        @Override
        public void read(int index, int drawing, byte[] into) {
            if (index == unreadable && failure instanceof RuntimeException e) throw e;
            if (index == unreadable && failure instanceof Error e) throw e;
            images.read(index, drawing, into);
        }

        @Override
        public int label(int index) {
            return UNLABELLED;
        }

        @Override
        public List<String> classes() {
            return List.of();
        }

        @Override
        public String source(int index) {
            return images.source(index);
        }
    }
}
