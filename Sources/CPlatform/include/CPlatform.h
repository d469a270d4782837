// The few C lines Swift cannot say: process start, the guardian, later libcurl's binding.
#ifndef CPLATFORM_H
#define CPLATFORM_H
#endif
