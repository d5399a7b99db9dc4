/* Feeds a fuzz target what is kept for it, file by file: the corpus, and inputs that
 * have once found something. It needs no fuzzer, so every `make check` runs it.
 *
 *     replay FILE|DIRECTORY...
 *
 * A finding ends the program, behind the name of the file that made it. */
#define _XOPEN_SOURCE 700 /* scandir */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"

static int count;

/* In a block of its own size, so that reading past its end is seen. */
static void feed(const char *path)
{
    FILE *file = fopen(path, "rb");
    FUZZ_EXPECT(file, "%s cannot be read", path);
    FUZZ_EXPECT(fseek(file, 0, SEEK_END) == 0, "%s has no end", path);
    long size = ftell(file);
    rewind(file);
    uint8_t *data = malloc(size > 0 ? (size_t)size : 1);
    FUZZ_EXPECT(size >= 0 && data && fread(data, 1, (size_t)size, file) == (size_t)size,
                "%s cannot be read", path);
    fclose(file);
    printf("%s\n", path);
    fflush(stdout); /* who reads along knows which one it was */
    (void)LLVMFuzzerTestOneInput(data, (size_t)size);
    free(data);
    count++;
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void feed_all(const char *directory)
{
    struct dirent **entries;
    char path[1024];
    int found = scandir(directory, &entries, visible, alphasort);
    FUZZ_EXPECT(found >= 0, "%s cannot be read", directory);
    for (int i = 0; i < found; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, entries[i]->d_name);
        feed(path);
        free(entries[i]);
    }
    free(entries);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        struct stat what;
        FUZZ_EXPECT(stat(argv[i], &what) == 0, "there is no %s", argv[i]);
        if (S_ISDIR(what.st_mode))
            feed_all(argv[i]);
        else
            feed(argv[i]);
    }
    printf("%d inputs\n", count);
    return count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
