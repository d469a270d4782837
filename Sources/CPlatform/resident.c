// Giving back the pages of program text that only the start needed.
#ifdef __linux__
#define _GNU_SOURCE
#endif

#include "CPlatform.h"

#ifdef __linux__

#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int give_back(struct dl_phdr_info *object, size_t size, void *page) {
    (void)size;
    // The program itself has no name, and what the kernel maps has one without a slash.
    const bool is_file = object->dlpi_name[0] == '\0' || strchr(object->dlpi_name, '/') != NULL;
    if (!is_file) return 0;
    const uintptr_t mask = *(const uintptr_t *)page - 1;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        // What can be written has been: relocations, and variables.
        if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W) != 0) continue;
        const uintptr_t base = object->dlpi_addr + segment->p_vaddr;
        const uintptr_t start = (base + mask) & ~mask, end = (base + segment->p_memsz) & ~mask;
        if (start < end) madvise((void *)start, end - start, MADV_DONTNEED);
    }
    return 0;
}

void cplatform_give_back_text(void) {
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    dl_iterate_phdr(give_back, &page);
}

#else

// Darwin shares its libraries' pages among all processes and counts none of them as ours.
void cplatform_give_back_text(void) {}

#endif
