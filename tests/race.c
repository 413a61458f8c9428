/* A race on purpose: threads that add to one number without a lock. `make check-tsan` has to be told of it, or it would see no other. */
#include <stdio.h>

int main(void)
{
    int sum = 0;

#pragma omp parallel for num_threads(2)
    for (int i = 0; i < 100000; i++)
        sum += i;
    printf("%d\n", sum);
    return 0;
}
