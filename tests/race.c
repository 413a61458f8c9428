/* A deliberate race: threads add to one number without a lock. `make check-tsan` must find it before it trusts its
 * results. */
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
